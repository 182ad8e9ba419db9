using System.Diagnostics;
using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>file_tail</c> under kill -9, while its file grows and is rotated: every line that was written is in one row, once.</summary>
public sealed class TailTests
{
    /// <summary>One line in so many is a <c>file:</c> URL and becomes a dead letter.</summary>
    private const int DeadEvery = 10;

    private const int LinesPerFile = 700;

    [Fact]
    public Task Four_kills_lose_no_line_and_double_none() => SurviveAsync(kills: 4);

    [Fact]
    [Trait("length", "long")]
    [Trait("run", "kill")]
    public Task Forty_kills_lose_no_line_and_double_none() => SurviveAsync(kills: 40);

    [Fact]
    public async Task The_end_that_was_begun_at_survives_a_kill_before_the_first_line()
    {
        await using var bench = await Workbench.OpenAsync();
        var log = bench.Write("feed.log", "http://old.example/1\nhttp://old.example/2\n");
        string[] arguments = ["run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--report", "-", "--quiet", "--set", $"sources.feed.paths=[{log}]", "--set", "sources.feed.start=end"];
        using (var program = AtlasProgram.Start(bench.Folder, arguments))
        {
            var patience = Stopwatch.StartNew();
            while (!File.Exists(Path.Combine(bench.State, "ledger.db")) || PlacesIn(bench) == 0)
            {
                Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "The place was not committed.");
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            program.Kill();
            await program.WaitAsync();
        }

        await File.AppendAllTextAsync(log, "http://new.example/1\nhttp://new.example/2\nhttp://new.example/3\n", TestContext.Current.CancellationToken);
        var last = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. arguments, "--set", "sources.feed.follow=false"]);

        Assert.Equal((0, 3), (last.ExitCode, last.Report.GetProperty("received").GetInt64()));
    }

    private static long PlacesIn(Workbench bench)
    {
        try
        {
            using var ledger = bench.OpenLedger();
            return ledger.Scalar("SELECT count(*) FROM source_offsets");
        }
        catch (LedgerException)
        {
            // It is still being made.
            return 0;
        }
    }

    private static async Task SurviveAsync(int kills)
    {
        await using var bench = await Workbench.OpenAsync();
        var inbox = Directory.CreateDirectory(Path.Combine(bench.Folder, "inbox")).FullName;
        var chance = new Random(20_261_124);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() => WriteAsync(inbox, stop.Token), TestContext.Current.CancellationToken);
        string[] arguments = ["run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--report", "-", "--quiet",
            "--set", "stages.dedup.expected_urls=10000", "--set", "sources.feed.poll_ms=10"];

        for (var round = 0; round < kills; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, arguments);
            await WhenMoreIsRecordedAsync(bench, program);
            await Task.Delay(chance.Next(100), TestContext.Current.CancellationToken);
            program.Kill();
            await program.WaitAsync();
        }

        await stop.CancelAsync();
        var written = await writing;
        var last = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. arguments, "--set", "sources.feed.follow=false"]);

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        using var ledger = bench.OpenLedger();
        var dead = written / DeadEvery;
        Assert.Equal((written - dead, written - dead), Rows(ledger, string.Join(" UNION ALL ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => $"SELECT url FROM {LedgerSchema.QueueOf(priority)}"))));
        Assert.Equal((dead, dead), Rows(ledger, "SELECT CAST(source_url AS TEXT) AS url FROM dead_letter_queue"));
        Assert.Equal(written, ledger.Scalar("SELECT value FROM counters WHERE name = 'received'"));
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{written} lines in {Directory.GetFiles(inbox).Length} files, {kills} kills."));
    }

    /// <summary>Rows, and different ones among them.</summary>
    private static (long All, long Distinct) Rows(SqlConnection ledger, string query) =>
        (ledger.Scalar($"SELECT count(*) FROM ({query})"), ledger.Scalar($"SELECT count(DISTINCT url) FROM ({query})"));

    /// <summary>Appends to feed.log until stopped, in pieces that end anywhere in a line, and renames it whenever it is long enough.</summary>
    /// <returns>Lines written.</returns>
    private static async Task<int> WriteAsync(string inbox, CancellationToken stop)
    {
        var path = Path.Combine(inbox, "feed.log");
        var written = 0;
        for (var file = 0; !stop.IsCancellationRequested; file++)
        {
            await using (var feed = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
            {
                for (var line = 0; line < LinesPerFile && !(stop.IsCancellationRequested && written % DeadEvery == 0); line++)
                {
                    var number = written++;
                    var text = number % DeadEvery == 0 ? $"file:///lost/{number}\n" : $"http://host{number % 50}.test/{number}\n";
                    feed.Write(System.Text.Encoding.ASCII.GetBytes(text[..(number % text.Length)]));
                    feed.Write(System.Text.Encoding.ASCII.GetBytes(text[(number % text.Length)..]));
                    if (number % 20 == 0)
                        await Task.Delay(1, CancellationToken.None);
                }
            }

            if (!stop.IsCancellationRequested)
                File.Move(path, Path.Combine(inbox, string.Create(CultureInfo.InvariantCulture, $"feed-{file:D5}.log")));
        }

        return written;
    }

    /// <summary>Waits until this program has committed something: a kill before that would test nothing.</summary>
    private static async Task WhenMoreIsRecordedAsync(Workbench bench, AtlasProgram program)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var before = bench.ReceivedLines();
        while (bench.ReceivedLines() == before)
        {
            Assert.False(program.HasExited, "The program ended by itself.");
            Assert.False(deadline.IsCancellationRequested, "The program runs and commits nothing.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
