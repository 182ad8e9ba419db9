using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>Whole runs on a disk that is nearly full.</summary>
public sealed class NearlyFullDiskTests : IDisposable
{
    private const string Queue =
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

    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private readonly string _state = Directory.CreateTempSubdirectory("atlas-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly ScarceDisk _disk = new();
    private readonly MemoryStream _lines = new(Encoding.ASCII.GetBytes("http://a.test/\nhttp://b.test/\nhttp://a.test/\n"));

    public void Dispose()
    {
        _lines.Dispose();
        if (Directory.Exists(_state))
            Directory.Delete(_state, recursive: true);
    }

    [Fact]
    public async Task A_run_that_starts_without_room_waits_and_has_not_touched_the_state()
    {
        _disk.Free = 0;
        var opening = OpenAsync();
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(opening.IsCompleted);
        Assert.Empty(Directory.GetFileSystemEntries(_state));

        _disk.Free = long.MaxValue;
        _time.Advance(TimeSpan.FromSeconds(1));
        await using var run = await opening.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        var outcome = await run.RunAsync().WaitAsync(AtMost, TestContext.Current.CancellationToken);

        Assert.Null(outcome.Failure);
        Assert.Equal(2, outcome.Last.Books.Admitted);
    }

    [Fact]
    public async Task Intake_that_was_stopped_by_a_full_disk_goes_on_when_there_is_room_and_loses_nothing()
    {
        await using var run = await OpenAsync();
        _disk.Free = 0;
        _time.Advance(TimeSpan.FromSeconds(1));

        var running = run.RunAsync();
        var stopped = run.Look();
        Assert.True(stopped.WaitsForDisk);
        Assert.Equal(0, stopped.DiskFreeBytes);
        Assert.Equal(0, stopped.Books.Received);
        _disk.Free = long.MaxValue;
        _time.Advance(TimeSpan.FromSeconds(1));
        var outcome = await running.WaitAsync(AtMost, TestContext.Current.CancellationToken);

        Assert.Null(outcome.Failure);
        Assert.Equal(3, outcome.Last.Books.Received);
        Assert.True(outcome.Balances);
    }

    [Fact]
    public async Task A_drain_ends_a_run_whose_intake_waits_for_room_and_what_was_read_is_admitted()
    {
        await using var run = await OpenAsync();
        _disk.Free = 0;
        _time.Advance(TimeSpan.FromSeconds(1));

        var running = run.RunAsync();
        while (_lines.Position == 0)
            await Task.Yield();
        run.Drain();
        var outcome = await running.WaitAsync(AtMost, TestContext.Current.CancellationToken);

        Assert.Null(outcome.Failure);
        Assert.False(outcome.Aborted);
        Assert.Equal(0, outcome.Last.Books.Received % 3);
        Assert.True(outcome.Balances);
    }

    [Fact]
    public async Task Input_that_has_ended_ends_the_run_though_there_is_no_room()
    {
        _lines.SetLength(0);
        await using var run = await OpenAsync();
        _disk.Free = 0;
        _time.Advance(TimeSpan.FromSeconds(1));

        var outcome = await run.RunAsync().WaitAsync(AtMost, TestContext.Current.CancellationToken);

        Assert.Null(outcome.Failure);
        Assert.True(outcome.Balances);
    }

    /// <summary>SQLite writes on into files that have been deleted: everything seemed to be committed, and nothing was kept.</summary>
    [Fact]
    public async Task A_run_whose_state_directory_is_deleted_fails_and_names_it()
    {
        using var never = new EndlessInput();
        await using var run = await PipelineRun.OpenAsync(Define(), new Seams { Time = _time, Disk = _disk }, never, Stream.Null);
        var running = run.RunAsync();

        Directory.Delete(_state, recursive: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var waited = 0; !running.IsCompleted && waited < 4_000; waited++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        var outcome = await running.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        Assert.Contains(Path.Combine(_state, "ledger.db") + " is gone", outcome.Failure!.Message, StringComparison.Ordinal);
    }

    private Task<PipelineRun> OpenAsync() => PipelineRun.OpenAsync(Define(), new Seams { Time = _time, Disk = _disk }, _lines, Stream.Null);

    private PipelineDefinition Define()
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("p.yaml", Queue, StageCatalog.Kinds, [], _state, mistakes, []);
        Assert.Equal("", string.Join('\n', mistakes));
        return definition!;
    }

    /// <summary>A terminal at which nobody types.</summary>
    private sealed class EndlessInput : MemoryStream
    {
        private readonly ManualResetEventSlim _end = new();

        public override int Read(byte[] buffer, int offset, int count)
        {
            _end.Wait();
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }
}
