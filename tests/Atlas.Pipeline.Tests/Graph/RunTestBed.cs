using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>Whole runs in a directory of their own, on three lines of which one is known, by a clock that stands still.</summary>
internal sealed class RunTestBed : IDisposable
{
    /// <summary>Admits to a ledger and fetches nothing.</summary>
    public const string Queue =
        """
        name: queue
        disk_reserve_bytes: 1000
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          dedup: { from: classify, expected_urls: 1000, memory_bytes: 16777216 }
          buffer: { from: dedup }
        """;

    /// <summary>What any run takes at most, on a machine that does other things as well.</summary>
    public static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    public string State { get; } = Directory.CreateTempSubdirectory("atlas-").FullName;

    public FakeTimeProvider Time { get; } = new();

    public MemoryStream Lines { get; } = new(Encoding.ASCII.GetBytes("http://a.test/\nhttp://b.test/\nhttp://a.test/\n"));

    public Task<PipelineRun> OpenAsync(string text, IDisk? disk = null, Stream? input = null, Stream? output = null) =>
        PipelineRun.OpenAsync(Define(text), new Seams { Time = Time, Disk = disk ?? new Disk() }, input ?? Lines, output ?? Stream.Null);

    /// <summary>Waits for a run that needs no time to go by.</summary>
    public static Task<T> EndAsync<T>(Task<T> running) => running.WaitAsync(AtMost, TestContext.Current.CancellationToken);

    /// <summary>Lets the time go by until a run has ended.</summary>
    public async Task<RunOutcome> InTimeAsync(Task<RunOutcome> running)
    {
        for (var waited = 0; !running.IsCompleted && waited < 4_000; waited++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        return await EndAsync(running);
    }

    public void Dispose()
    {
        Lines.Dispose();
        if (Directory.Exists(State))
            Directory.Delete(State, recursive: true);
    }

    private PipelineDefinition Define(string text)
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("p.yaml", text, StageCatalog.Kinds, [], State, mistakes, []);
        Assert.Equal("", string.Join('\n', mistakes));
        return definition!;
    }
}
