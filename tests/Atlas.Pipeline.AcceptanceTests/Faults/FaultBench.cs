using System.Globalization;
using System.Text;
using Atlas.Faults;
using Atlas.Pipeline.AcceptanceTests.Crash;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>One short list, run again and again on files of which one operation goes wrong, each time from the same state.</summary>
internal sealed class FaultBench : IAsyncDisposable
{
    private static readonly TimeSpan AtMost = TimeSpan.FromMinutes(5);

    private const int LinesPerPiece = 16;

    private readonly Workbench _bench;
    private readonly bool _hasWeb;
    private readonly string _text;
    private readonly string _before;
    private readonly string[] _lines;
    private int _runs;

    private FaultBench(Workbench bench, bool hasWeb, int lines)
    {
        _bench = bench;
        _hasWeb = hasWeb;
        _before = Path.Combine(bench.Folder, "before");
        _lines = [.. Enumerable.Range(0, lines).Select(number => CrashLines.Line(number, hasWeb ? bench.Site.Port : 0))];
        _text = $$"""
            name: faults
            sources:
              feed: { type: stdin }
            stages:
              normalize: { from: feed }
              classify:  { from: normalize }
              dedup:     { from: classify, expected_urls: 1000, memory_bytes: 16777216, checkpoint_every_urls: 20 }
              buffer:    { from: dedup }
            {{(hasWeb ? Web(bench.Site.Port) : "")}}
            """;
    }

    /// <summary>Runs that went on though something had gone wrong: what it was, and what was said about it.</summary>
    public List<string> WentOn { get; } = [];

    /// <param name="hasWeb">Whether pages are fetched and stored.</param>
    /// <param name="lines">Of the list.</param>
    public static async Task<FaultBench> OpenAsync(bool hasWeb, int lines) => new(await Workbench.OpenAsync(), hasWeb, lines);

    /// <summary>From now on every run finds the state of a run that was killed after the first half of the list, instead of none.</summary>
    public async Task BeginWithAKilledRunAsync()
    {
        var state = StateOf("killed");
        await using var run = await OpenAsync(state, new Seams(), _lines.Length / 2);
        Assert.Null((await run.RunAsync()).Failure);

        // The run is not closed: what lies there is what a kill leaves.
        Copy(state, _before);
    }

    /// <summary>Makes the first, second ... operation go wrong until a run has no such operation any more.</summary>
    /// <returns>How many went wrong.</returns>
    public async Task<int> CountDownAsync(Ending ending, bool onlyWrites = false, int step = 1)
    {
        for (var count = 1; ; count += step)
        {
            var fault = new NthOperationFails(ending, count, onlyWrites);
            var state = StateOf(string.Create(CultureInfo.InvariantCulture, $"{ending}-{count}-{_runs++}"));
            if (Directory.Exists(_before))
                Copy(_before, state);
            var acknowledged = await RunWithAsync(fault, state);
            if (fault.Failed is not { } failed)
                return count / step;
            await CheckAsync(state, acknowledged, string.Create(CultureInfo.InvariantCulture, $"{ending} at {count}: {failed}"));
            Directory.Delete(state, recursive: true);
        }
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private static string Web(int port) => string.Create(CultureInfo.InvariantCulture, $$"""
          fetch:     { from: buffer, user_agent: "faults", robots: false, per_host_delay_ms: 0, allow_networks: ["127.0.0.0/8"], allow_ports: [{{port}}] }
          persist:   { from: fetch }
        """);

    /// <returns>Rows that were made durable, for all that the run was told.</returns>
    private async Task<long> RunWithAsync(NthOperationFails fault, string state)
    {
        Directory.CreateDirectory(state);
        var logs = new HeardLogs();
        using var watching = SqliteFiles.Watch(state, fault);
        string? wentOn = null;
        try
        {
            await using var run = await OpenAsync(state, new Seams { Disk = new WatchedDisk(fault), Logs = logs }, _lines.Length);
            var outcome = await run.RunAsync().WaitAsync(AtMost, TestContext.Current.CancellationToken);
            if (outcome.Failure is null && fault.Failed is { } failed)
            {
                // What goes wrong later, while it is closed, is said nowhere: nothing of it is missed.
                Assert.True(outcome.Balances, string.Join(' ', outcome.Imbalances()));
                Assert.Equal(Distinct(isRefused: false), outcome.Last.Books.Admitted + outcome.Last.Books.AdmittedBefore);
                wentOn = $"{failed.Operation} {Path.GetFileName(failed.Path)}";
            }

            return outcome.Last.Books.Admitted + outcome.Last.Books.AdmittedBefore;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or LedgerException)
        {
            // What `atlas run` answers with one line and exit code 1. Anything else is a bug, and damage would be a lie.
            return 0;
        }
        finally
        {
            // Here the run is closed: whoever copies the WAL has said what it had to say.
            if (wentOn is not null)
                WentOn.Add($"{wentOn}: {string.Join(' ', logs.Warnings)}");
        }
    }

    private async Task CheckAsync(string state, long acknowledged, string what)
    {
        var left = CrashedLedger.Read(state);
        await using (var run = await OpenAsync(state, new Seams(), _lines.Length))
        {
            var outcome = await run.RunAsync().WaitAsync(AtMost, TestContext.Current.CancellationToken);
            Assert.True(outcome.Failure is null && outcome.Balances, $"{what}: the next run ended with {outcome.Failure}");
            if (_hasWeb)
                Assert.Equal(Distinct(isRefused: false), outcome.Last.Books.Done);
        }

        var whole = CrashedLedger.Read(state);
        Assert.True(left.Rows.Count(row => !row.IsRefused) >= acknowledged, $"{what}: {acknowledged} rows were acknowledged, and {left.Rows.Count(row => !row.IsRefused)} are there.");
        Assert.Empty(left.Damage.Concat(whole.Damage));
        Assert.Equal(left.Rows, whole.Rows.Take(left.Rows.Count));
        Assert.True(whole.Rows.Count == whole.Rows.Distinct().Count(), $"{what}: a row stands there twice.");
        Assert.Equal(_lines.Select(CrashLines.KeyOf).ToHashSet(), whole.Rows.ToHashSet());
    }

    private int Distinct(bool isRefused) => _lines.Select(CrashLines.KeyOf).Distinct().Count(key => key.IsRefused == isRefused);

    private string StateOf(string name) => Path.Combine(_bench.Folder, name);

    private async Task<PipelineRun> OpenAsync(string state, Seams seams, int lines)
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("faults.yaml", _text, StageCatalog.Kinds, [], state, mistakes, []);
        Assert.Empty(mistakes);
        var input = new PiecesOfInput(_lines.Take(lines));
        var run = await PipelineRun.OpenAsync(definition!, seams, input, Stream.Null);
        input.Committed = () => run.Look().Books.Received;
        return run;
    }

    /// <summary>A pipe that gives a few lines at a time, each after the ones before are committed or will not be, so that they come in several transactions.</summary>
    private sealed class PiecesOfInput(IEnumerable<string> lines) : MemoryStream
    {
        private readonly Queue<byte[]> _pieces = new(lines.Chunk(LinesPerPiece).Select(piece => Encoding.ASCII.GetBytes(string.Concat(piece.Select(line => line + "\n")))));

        private long _given;

        public Func<long> Committed { get; set; } = () => 0;

        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_pieces.TryDequeue(out var piece))
                return 0;
            SpinWait.SpinUntil(() => Committed() >= _given, TimeSpan.FromMilliseconds(100));
            _given += piece.Count(letter => letter == '\n');
            piece.CopyTo(buffer, offset);
            return piece.Length;
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            // A new process makes these two itself.
            if (Path.GetFileName(file) is "lock" or "ledger.db-shm")
                continue;
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
