using Atlas.Pipeline.Dedup;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>A checkpoint that cannot be made costs the checkpoint, and never a key or the run.</summary>
public sealed class TroubledCheckpointTests : IDisposable
{
    private readonly DedupTestBed _bed = new();
    private readonly KeyLedger _ledger = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TroubledDisk _disk = new();

    public void Dispose() => _bed.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_checkpoint_that_outlasts_its_deadline_is_given_up_and_the_store_goes_on()
    {
        using var mayGoOn = new ManualResetEventSlim();
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _disk.BeforeFilter = _ =>
        {
            hangs.SetResult();
            mayGoOn.Wait(TestContext.Current.CancellationToken);
            throw new IOException("Too late, and in vain.");
        };
        using var store = Open();
        var known = DedupTestBed.Keys(20_000, seed: 1);
        DedupTestBed.AddAll(store, known);

        var taking = store.CheckpointAsync(0);
        await hangs.Task;
        _time.Advance(store.CheckpointDeadline);
        await Assert.ThrowsAsync<TimeoutException>(() => taking);

        var later = DedupTestBed.Keys(20_000, seed: 2);
        Assert.Equal(0, DedupTestBed.AddAll(store, known));
        Assert.Equal(later.Length, DedupTestBed.AddAll(store, later));
        await Assert.ThrowsAsync<TimeoutException>(() => store.CheckpointAsync(0));

        mayGoOn.Set();
    }

    [Fact]
    public async Task A_disk_that_fails_costs_one_checkpoint_and_the_next_one_holds()
    {
        var keys = DedupTestBed.Keys(3000, seed: 1);
        var seams = new Seams { Disk = _disk };
        using (var store = Open())
        using (var stage = new DedupStage(DedupTestBed.Small, store))
        using (var checkpoints = new SeenCheckpoints(stage, store, _ledger, seams))
        {
            store.NewKeysPerTable = 0;
            await AddAsync(store, checkpoints, keys.AsMemory(0, 1000), expected: true);
            var held = _ledger.LastSeenCheckpoint;

            _disk.BeforeFilter = path => throw new IOException($"No space is left for '{path}'.");
            await AddAsync(store, checkpoints, keys.AsMemory(1000, 1000), expected: false);
            Assert.Same(held, _ledger.LastSeenCheckpoint);

            _disk.BeforeFilter = null;
            await AddAsync(store, checkpoints, keys.AsMemory(2000, 1000), expected: true);
            Assert.NotSame(held, _ledger.LastSeenCheckpoint);
        }

        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, keys));
    }

    [Fact]
    public async Task After_a_failed_checkpoint_the_one_before_it_still_opens()
    {
        var kept = DedupTestBed.Keys(1000, seed: 1);
        var lost = DedupTestBed.Keys(1000, seed: 2);
        using (var store = Open())
        {
            DedupTestBed.AddAll(store, kept);
            _ledger.Keys.AddRange(kept);
            _ledger.LastSeenCheckpoint = await store.CheckpointAsync(_ledger.LastSequence);
            store.NewKeysPerTable = 0;
            DedupTestBed.AddAll(store, lost);
            _disk.BeforeFilter = path => throw new IOException($"'{path}' cannot be written.");
            await Assert.ThrowsAsync<IOException>(() => store.CheckpointAsync(_ledger.LastSequence));
        }

        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, kept));
        Assert.Equal(lost.Length, DedupTestBed.AddAll(again, lost));
    }

    private FasterSeenStore Open() =>
        FasterSeenStore.Open(_bed.Seen, DedupTestBed.Small, _ledger, new Seams { Disk = _disk, Time = _time });

    private async Task AddAsync(FasterSeenStore store, SeenCheckpoints checkpoints, ReadOnlyMemory<UInt128> keys, bool expected)
    {
        Assert.Equal(keys.Length, DedupTestBed.AddAll(store, keys.Span));
        _ledger.Keys.AddRange(keys.Span);
        Assert.Equal(expected, await checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));
    }
}
