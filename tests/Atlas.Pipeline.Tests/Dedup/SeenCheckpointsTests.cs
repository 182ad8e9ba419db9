using Atlas.Pipeline.Dedup;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class SeenCheckpointsTests : IDisposable
{
    private readonly DedupTestBed _bed = new();
    private readonly KeyLedger _ledger = new();
    private readonly InFlight _decided = new();
    private readonly UrlBatchPool _pool = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FasterSeenStore _store;
    private readonly DedupStage _stage;
    private readonly SeenCheckpoints _checkpoints;

    public SeenCheckpointsTests()
    {
        var seams = new Seams { Time = _time };
        var options = DedupTestBed.Small with { CheckpointEveryUrls = 2 };
        _store = FasterSeenStore.Open(_bed.Seen, options, _ledger, seams);
        _stage = new DedupStage(options, _store, _decided);
        _checkpoints = new SeenCheckpoints(_stage, _store, _decided, _ledger, seams);
    }

    public void Dispose()
    {
        _checkpoints.Dispose();
        _stage.Dispose();
        _store.Dispose();
        _bed.Dispose();
    }

    [Fact]
    public async Task An_index_without_a_key_needs_no_checkpoint()
    {
        Assert.True(await _checkpoints.TakeAsync());
        Assert.Null(_ledger.LastSeenCheckpoint);
    }

    [Fact]
    public async Task A_checkpoint_waits_until_what_was_decided_is_durable_and_lets_nothing_in_meanwhile()
    {
        var batch = BatchOf(1);
        await _stage.ProcessAsync(batch);
        var taking = _checkpoints.TakeAsync();
        var next = _stage.ProcessAsync(BatchOf(2)).AsTask();
        Assert.False(taking.IsCompleted);
        Assert.False(next.IsCompleted);

        _ledger.Keys.Add(1);
        batch.Release();
        Assert.True(await taking);
        await next;
        Assert.Equal(1, _ledger.LastSeenCheckpoint!.HighWater);
        Assert.Equal(1, _ledger.Flushes);
    }

    [Fact]
    public async Task A_batch_that_never_becomes_durable_costs_the_checkpoint_and_not_the_run()
    {
        await _stage.ProcessAsync(BatchOf(1));
        var taking = _checkpoints.TakeAsync();
        _time.Advance(_checkpoints.QuietDeadline);

        Assert.False(await taking);
        Assert.Null(_ledger.LastSeenCheckpoint);
        await _stage.ProcessAsync(BatchOf(2));
        Assert.Equal(2, _store.Count);
    }

    [Fact]
    public async Task One_is_taken_by_itself_after_enough_new_keys()
    {
        using var stop = new CancellationTokenSource();
        var recorded = new TaskCompletionSource();
        _stage.CheckpointDue += recorded.SetResult;
        var running = _checkpoints.RunAsync(stop.Token);
        var batch = BatchOf(1, 2);
        await _stage.ProcessAsync(batch);
        await recorded.Task;
        batch.Release();
        while (_ledger.LastSeenCheckpoint is null)
            await Task.Yield();

        await stop.CancelAsync();
        await running;
        Assert.NotNull(_ledger.LastSeenCheckpoint);
    }

    private UrlBatch BatchOf(params int[] ids)
    {
        var batch = _pool.Rent();
        foreach (var id in ids)
            batch.Rows[batch.Count++] = new UrlRow { ContentId = (UInt128)id };
        return batch;
    }
}
