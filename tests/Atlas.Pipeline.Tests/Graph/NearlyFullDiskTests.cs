using Atlas.Pipeline.Graph;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>Whole runs on a disk that is nearly full.</summary>
public sealed class NearlyFullDiskTests : IDisposable
{
    private readonly RunTestBed _bed = new();
    private readonly ScarceDisk _disk = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public async Task A_run_that_starts_without_room_waits_and_has_not_touched_the_state()
    {
        _disk.Free = 0;
        var opening = OpenAsync();
        _bed.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(opening.IsCompleted);
        Assert.Empty(Directory.GetFileSystemEntries(_bed.State));

        _disk.Free = long.MaxValue;
        _bed.Time.Advance(TimeSpan.FromSeconds(1));
        await using var run = await RunTestBed.EndAsync(opening);
        var outcome = await RunTestBed.EndAsync(run.RunAsync());

        Assert.Null(outcome.Failure);
        Assert.Equal(2, outcome.Last.Books.Admitted);
    }

    [Fact]
    public async Task Intake_that_was_stopped_by_a_full_disk_goes_on_when_there_is_room_and_loses_nothing()
    {
        await using var run = await OpenAsync();
        _disk.Free = 0;
        _bed.Time.Advance(TimeSpan.FromSeconds(1));

        var running = run.RunAsync();
        var stopped = run.Look();
        Assert.True(stopped.WaitsForDisk);
        Assert.Equal(0, stopped.DiskFreeBytes);
        Assert.Equal(0, stopped.Books.Received);
        _disk.Free = long.MaxValue;
        _bed.Time.Advance(TimeSpan.FromSeconds(1));
        var outcome = await RunTestBed.EndAsync(running);

        Assert.Null(outcome.Failure);
        Assert.Equal(3, outcome.Last.Books.Received);
        Assert.True(outcome.Balances);
    }

    [Fact]
    public async Task A_drain_ends_a_run_whose_intake_waits_for_room_and_what_was_read_is_admitted()
    {
        await using var run = await OpenAsync();
        _disk.Free = 0;
        _bed.Time.Advance(TimeSpan.FromSeconds(1));

        var running = run.RunAsync();
        while (_bed.Lines.Position == 0)
            await Task.Yield();
        run.Drain();
        var outcome = await RunTestBed.EndAsync(running);

        Assert.Null(outcome.Failure);
        Assert.False(outcome.Aborted);
        Assert.Equal(0, outcome.Last.Books.Received % 3);
        Assert.True(outcome.Balances);
    }

    [Fact]
    public async Task Input_that_has_ended_ends_the_run_though_there_is_no_room()
    {
        _bed.Lines.SetLength(0);
        await using var run = await OpenAsync();
        _disk.Free = 0;
        _bed.Time.Advance(TimeSpan.FromSeconds(1));

        var outcome = await RunTestBed.EndAsync(run.RunAsync());

        Assert.Null(outcome.Failure);
        Assert.True(outcome.Balances);
    }

    /// <summary>SQLite writes on into files that have been deleted: everything seemed to be committed, and nothing was kept.</summary>
    [Fact]
    public async Task A_run_whose_state_directory_is_deleted_fails_and_names_it()
    {
        using var never = new EndlessInput();
        await using var run = await OpenAsync(never);
        var running = run.RunAsync();

        Directory.Delete(_bed.State, recursive: true);
        _bed.Time.Advance(TimeSpan.FromSeconds(1));
        var outcome = await _bed.InTimeAsync(running);

        Assert.Contains(Path.Combine(_bed.State, "ledger.db") + " is gone", outcome.Failure!.Message, StringComparison.Ordinal);
    }

    private Task<PipelineRun> OpenAsync(Stream? input = null) => _bed.OpenAsync(RunTestBed.Queue, _disk, input);

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
