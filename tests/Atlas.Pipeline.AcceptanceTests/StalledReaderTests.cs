using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Standard output that nobody reads: a write to it blocks, and nothing inside the program can end that.</summary>
public sealed class StalledReaderTests
{
    /// <summary>Lines for one write to stdin.</summary>
    private const int LinesPerWrite = 100;

    /// <summary>Three signals were not enough, only kill -9 was.</summary>
    [Fact]
    public async Task A_second_signal_ends_a_filter_whose_reader_stands_still_and_the_report_says_how_far_it_came()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = await StartStalledAsync(bench);

        program.Signal("TERM");
        program.Signal("INT");
        var aborted = await program.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.True(aborted.ExitCode == 130, aborted.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(ReportOf(bench), TestContext.Current.CancellationToken));
        Assert.True(report.RootElement.GetProperty("balanced").GetBoolean());
        var written = aborted.Output.Count(c => c == '\n');
        Assert.InRange(report.RootElement.GetProperty("done").GetInt64(), written - UrlBatch.MaxRows, written);
    }

    [Fact]
    public async Task A_third_signal_ends_it_at_once()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = await StartStalledAsync(bench);

        program.Signal("INT");
        program.Signal("TERM");
        program.Signal("INT");
        var killed = await program.WaitAsync(TimeSpan.FromMinutes(1));

        // It did not take the time to write a report.
        Assert.True(killed.ExitCode == 130, killed.ToString());
        Assert.False(File.Exists(ReportOf(bench)));
    }

    [Fact]
    public async Task The_deadline_of_a_drain_ends_it_too_and_says_that_it_failed()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = await StartStalledAsync(bench, "--set", "drain_deadline_ms=100");

        program.Signal("TERM");
        var ended = await program.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.True(ended.ExitCode == 1, ended.ToString());
        Assert.Contains("drain_deadline_ms (100) is over", ended.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(ReportOf(bench)));
    }

    /// <summary>The rows go to the same pipe by its path, which fills it.</summary>
    [Fact]
    public async Task A_report_that_nobody_reads_does_not_keep_an_aborted_program_alive()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = await StartStalledAsync(bench, "--report", "-", "--set", "stages.write.to=/dev/stdout");

        program.Signal("INT");
        program.Signal("TERM");
        var aborted = await program.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.True(aborted.ExitCode == 143, aborted.ToString());
    }

    /// <summary>Some two thousand of the lines were in the ledger and never in the output: the run after the kill took them for known.</summary>
    [Fact]
    public async Task A_write_beside_the_buffer_has_every_line_after_a_kill_that_the_ledger_has()
    {
        const int Lines = 20_000;
        await using var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(Path.Combine(bench.Folder, "inbox"));
        bench.Write("inbox/a.log", ListOf(0, Lines));
        var pipeline = bench.Write("tee.yaml",
            """
            name: tee
            state: ./state
            sources:
              feed: { type: file_tail, paths: ["./inbox/*.log"] }
            stages:
              normalize: { from: feed }
              classify:  { from: normalize }
              dedup:     { from: classify, expected_urls: 100000 }
              buffer:    { from: dedup }
              write:     { from: dedup }
            """);
        using var program = AtlasProgram.StartUnread(bench.Folder, "run", pipeline, "--quiet");
        await WhenStalledAsync(program, bench.ReceivedLines);
        program.Kill();
        var killed = await program.WaitAsync();

        var rest = await AtlasProgram.RunAsync(bench.Folder, input: null, "run", pipeline, "--quiet", "--set", "sources.feed.follow=false");

        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal(Lines, bench.ReceivedLines());

        // The last line of what the kill ended may be torn.
        var written = (killed.Output[..(killed.Output.LastIndexOf('\n') + 1)] + rest.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Lines, written.Distinct(StringComparer.Ordinal).Count());
    }

    private static string ReportOf(Workbench bench) => Path.Combine(bench.Folder, "report.json");

    private static string ListOf(int first, int count)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
            text.Append(CultureInfo.InvariantCulture, $"http://host{i % 50}.test/a/page/with/a/long/path/{i}\n");
        return text.ToString();
    }

    /// <summary>A filter that has filled the pipe behind it, and more: whatever it does next, it waits for its reader.</summary>
    private static async Task<AtlasProgram> StartStalledAsync(Workbench bench, params string[] more)
    {
        string[] report = more is ["--report", ..] ? [] : ["--report", ReportOf(bench)];
        var program = AtlasProgram.StartUnread(bench.Folder, ["run", Workbench.Shipped("filter.yaml"), "--quiet", .. report, .. more]);
        var lines = 0;
        _ = FeedAsync();
        await WhenStalledAsync(program, () => Volatile.Read(ref lines));
        return program;

        async Task FeedAsync()
        {
            try
            {
                for (; ; Interlocked.Add(ref lines, LinesPerWrite))
                    await program.WriteAsync(ListOf(lines, LinesPerWrite));
            }
            catch (IOException)
            {
                // It has ended.
            }
        }
    }

    /// <summary>Waits until the pipe behind a program is as good as full and a figure grows no more. That one of the two stands still is not enough: a program on a busy machine may just be starting.</summary>
    /// <param name="program">Makes it grow.</param>
    /// <param name="figure">The figure.</param>
    private static async Task WhenStalledAsync(AtlasProgram program, Func<long> figure)
    {
        const int StillFor = 10;
        const int NearlyFull = 48 << 10;
        var (last, still) = (0L, 0);
        while (still < StillFor)
        {
            Assert.False(program.HasExited, "The program ended by itself.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
            var now = figure();
            still = now == last && program.UnreadBytes() >= NearlyFull ? still + 1 : 0;
            last = now;
        }
    }
}
