using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.AcceptanceTests.Damage;

/// <summary>State directories as real runs leave them: one that ended in order, an older copy of it, and two moments of a run that was killed.</summary>
internal sealed class StateFixture : IAsyncDisposable
{
    private const string Pipeline = """
        name: damage
        state: state
        sources:
          lines: { type: stdin }
        stages:
          normalize: { from: lines }
          classify:  { from: normalize }
          dedup:     { from: classify, expected_urls: 5000, memory_bytes: 4194304, recent_keys: 0 }
          buffer:    { from: dedup }
          fetch:     { from: buffer, user_agent: "AtlasPipeline/0.1 (+https://example.org/bot)" }
          persist:   { from: fetch, segment_bytes: 1048576 }
        """;

    private readonly Workbench _bench;
    private int _copies;

    private StateFixture(Workbench bench) => _bench = bench;

    /// <summary>After a run that ended.</summary>
    public string Ended => Path.Combine(_bench.Folder, "ended");

    /// <summary>The same after the run before that.</summary>
    public string Older => Path.Combine(_bench.Folder, "older");

    /// <summary>In the middle of a third run: what a kill leaves.</summary>
    public string Killed => Path.Combine(_bench.Folder, "killed");

    /// <summary>A little earlier in it.</summary>
    public string KilledOlder => Path.Combine(_bench.Folder, "killed-older");

    /// <summary>Every line that was ever fed, up to the end of the run that ended.</summary>
    public string Lines { get; private set; } = "";

    /// <summary>The same up to the kill.</summary>
    public string AllLines { get; private set; } = "";

    public long Requests => _bench.Site.Requests.Total;

    public static async Task<StateFixture> MakeAsync()
    {
        var fixture = new StateFixture(await Workbench.OpenAsync());
        var bench = fixture._bench;
        var first = fixture.Feed(1, 30);
        await fixture.RunAsync(fixture.Ended, first);
        StateTruth.LettersOf(fixture.Ended);
        Copy(fixture.Ended, fixture.Older);
        fixture.Lines = first + fixture.Feed(31, 60);
        await fixture.RunAsync(fixture.Ended, fixture.Lines);
        StateTruth.LettersOf(fixture.Ended);
        PackFirstSegment(fixture.Ended);

        var running = Path.Combine(bench.Folder, "running");
        Copy(fixture.Ended, running);
        var input = new Pipe();
        await using var run = await PipelineRun.OpenAsync(Definition(fixture, running), new Seams(), input.Reader.AsStream(), Stream.Null);
        var ending = run.RunAsync();
        fixture.AllLines = fixture.Lines + await fixture.FeedAndWaitAsync(run, input.Writer, 61, 70);
        Copy(running, fixture.KilledOlder);
        fixture.AllLines += await fixture.FeedAndWaitAsync(run, input.Writer, 71, 80);
        Copy(running, fixture.Killed);
        run.Abort();
        await input.Writer.CompleteAsync();
        await ending;
        return fixture;
    }

    /// <summary>As a longer run had done.</summary>
    private static void PackFirstSegment(string state)
    {
        if (File.Exists(SegmentStore.PathOf(Path.Combine(state, "bodies"), 1)))
            new PackWriter(Path.Combine(state, "bodies"), new Disk()).TryPack(1, static () => true, static () => { });
    }

    /// <summary>A copy to damage.</summary>
    public string CopyOf(string state)
    {
        var copy = Path.Combine(_bench.Folder, string.Create(CultureInfo.InvariantCulture, $"case-{_copies++}"));
        Copy(state, copy);
        return copy;
    }

    /// <summary>Runs the pipeline to its end on a state.</summary>
    /// <returns>Whether the dedup index was rebuilt.</returns>
    /// <exception cref="StateDamagedException">It refused to start.</exception>
    public async Task<bool> RunAsync(string state, string lines)
    {
        using var log = new RebuildLog();
        await using var run = await PipelineRun.OpenAsync(Definition(this, state), new Seams { Logs = log }, new MemoryStream(Encoding.UTF8.GetBytes(lines)), Stream.Null);
        var outcome = await run.RunAsync().WaitAsync(TimeSpan.FromMinutes(2));
        if (outcome.Failure is { } failure)
            throw new StateDamagedException(failure.Message, failure);
        return log.HasRebuilt;
    }

    public async Task<List<Finding>> FsckAsync(string state, bool repairs = false)
    {
        var findings = new List<Finding>();
        await new StateCheck(FsckOptions.Of(Definition(this, state), repairs), new Seams(), new StepProgress(TimeProvider.System), findings.Add).RunAsync();
        return findings;
    }

    public async ValueTask DisposeAsync() => await _bench.DisposeAsync();

    private static PipelineDefinition Definition(StateFixture fixture, string state)
    {
        List<Mistake> mistakes = [];
        string[] overrides =
        [
            "stages.fetch.allow_networks=[127.0.0.0/8]", "stages.fetch.per_host_delay_ms=0",
            string.Create(CultureInfo.InvariantCulture, $"stages.fetch.allow_ports=[{fixture._bench.Site.Port}]"),
        ];
        return PipelineReader.Read("damage.yaml", Pipeline, StageCatalog.Kinds, overrides, state, mistakes, []) ?? throw new InvalidOperationException(string.Join('\n', mistakes));
    }

    /// <summary>Pages of two sizes, so that there are several segments, some that are gone, and some lines that are refused.</summary>
    private string Feed(int from, int to)
    {
        var lines = new StringBuilder();
        for (var i = from; i <= to; i++)
        {
            var path = i % 5 == 0 ? "/status/404" : i % 6 == 0 ? "/page/200000" : "/page/300";
            lines.Append(_bench.Url($"{(i % 5 == 0 ? path + "?n=" : path + "/")}{i}", host: 1 + (i % 4))).Append('\n');
            if (i % 10 == 0)
                lines.Append(CultureInfo.InvariantCulture, $"file:///home/{i}\n");
        }

        return lines.ToString();
    }

    private async Task<string> FeedAndWaitAsync(PipelineRun run, PipeWriter input, int from, int to)
    {
        var before = run.Look().Books;
        var lines = Feed(from, to);
        await input.WriteAsync(Encoding.UTF8.GetBytes(lines));
        while (run.Look().Books is var now && (now.Admitted - before.Admitted != to - from + 1 || now.Queued + now.Leased > 0))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        return lines;
    }

    /// <summary>By a program that takes no heed of locks.</summary>
    private static void Copy(string from, string to)
    {
        using var copying = Process.Start("cp", ["-r", from, to]);
        copying.WaitForExit();
        Assert.Equal(0, copying.ExitCode);
    }

    private sealed class RebuildLog : ILoggerFactory, ILogger
    {
        public bool HasRebuilt { get; private set; }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            HasRebuilt |= formatter(state, exception).Contains("is rebuilt from the ledger", StringComparison.Ordinal);

        public void Dispose()
        {
        }
    }
}
