using System.Diagnostics.Metrics;
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
    private bool _hasRoom = true;

    public SeenCheckpointsTests()
    {
        var seams = new Seams { Time = _time };
        var options = DedupTestBed.Small with { CheckpointEveryUrls = 2 };
        _store = FasterSeenStore.Open(_bed.Seen, options, _ledger, seams);
        _stage = new DedupStage(options, _store, _decided);
        _checkpoints = new SeenCheckpoints(_stage, _store, _decided, _ledger, seams) { HasRoom = () => _hasRoom };
    }

    public void Dispose()
    {
        _checkpoints.Dispose();
        _stage.Dispose();
        _store.Dispose();
        _bed.Dispose();
    }

    [Fact]
    public async Task A_checkpoint_waits_until_what_was_decided_is_durable_and_lets_nothing_in_meanwhile()
    {
        List<UrlBatch> decided = [BatchOf(1)];
        await _stage.ProcessAsync(decided[0]);
        var taking = _checkpoints.TakeAsync();
        var held = await UntilHeldAsync(decided);
        Assert.False(taking.IsCompleted);
        Assert.False(held.IsCompleted);

        _ledger.Keys.AddRange(Enumerable.Range(1, decided.Count).Select(id => (UInt128)id));
        decided.ForEach(batch => batch.Release());
        Assert.True(await taking);
        await held;
        Assert.Equal(decided.Count, _ledger.LastSeenCheckpoint!.HighWater);
        Assert.Equal(decided.Count, SeenManifest.Parse(_ledger.LastSeenCheckpoint.Manifest).Count);
        Assert.Equal(1, _ledger.Flushes);
    }

    [Fact]
    public async Task An_index_without_keys_needs_no_checkpoint()
    {
        Assert.True(await _checkpoints.TakeAsync());

        Assert.Null(_ledger.LastSeenCheckpoint);
    }

    [Fact]
    public async Task A_batch_that_never_becomes_durable_costs_the_checkpoint_and_not_the_run()
    {
        List<UrlBatch> decided = [BatchOf(1)];
        await _stage.ProcessAsync(decided[0]);
        var taking = _checkpoints.TakeAsync();
        var held = await UntilHeldAsync(decided);
        while (!taking.IsCompleted)
        {
            _time.Advance(_checkpoints.QuietDeadline);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.False(await taking);
        Assert.Null(_ledger.LastSeenCheckpoint);
        await held;
        Assert.Equal(decided.Count + 1, _store.Count);
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

    [Fact]
    public async Task What_has_not_changed_is_not_written_again_and_what_has_is()
    {
        await AddAsync(1);
        Assert.True(await _checkpoints.TakeAsync());
        var first = _ledger.LastSeenCheckpoint;

        Assert.True(await _checkpoints.TakeAsync());
        Assert.Same(first, _ledger.LastSeenCheckpoint);

        await AddAsync(2);
        Assert.True(await _checkpoints.TakeAsync());
        Assert.NotSame(first, _ledger.LastSeenCheckpoint);
    }

    [Fact]
    public async Task One_is_taken_when_it_is_asked_for()
    {
        using var stop = new CancellationTokenSource();
        await AddAsync(1);
        var running = _checkpoints.RunAsync(stop.Token);

        _checkpoints.Ask();
        while (_ledger.LastSeenCheckpoint is null)
            await Task.Yield();

        await stop.CancelAsync();
        await running;
    }

    // Batches that were decided while a checkpoint was on its way signalled again: every checkpoint was taken twice.
    [Fact]
    public async Task One_that_has_been_taken_is_no_longer_due()
    {
        using var stop = new CancellationTokenSource();
        var batch = BatchOf(1, 2);
        await _stage.ProcessAsync(batch);
        batch.Release();
        Assert.True(await _checkpoints.TakeAsync(stop.Token));

        // What is due already is begun before this returns.
        var running = _checkpoints.RunAsync(stop.Token);

        Assert.Equal(1, _ledger.Flushes);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task What_a_checkpoint_costs_is_measured_and_a_failed_one_is_counted()
    {
        var seen = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, _checkpoints))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) => seen.Add($"{instrument.Name} {(tags is [var tag] ? tag.Value : null)}".Trim()));
        listener.SetMeasurementEventCallback<long>((instrument, count, _, _) => seen.Add($"{instrument.Name} {count}"));
        listener.Start();
        await AddAsync(1);
        Assert.True(await _checkpoints.TakeAsync(TestContext.Current.CancellationToken));
        await AddAsync(2);
        Assert.True(await _checkpoints.TakeAsync(TestContext.Current.CancellationToken));
        await AddAsync(3);
        _hasRoom = false;
        Assert.False(await _checkpoints.TakeAsync(TestContext.Current.CancellationToken));

        Assert.Equal(
            [
                "atlas.dedup.checkpoint.hold", "atlas.dedup.checkpoint.duration True",
                "atlas.dedup.checkpoint.hold", "atlas.dedup.checkpoint.duration False",
                "atlas.dedup.checkpoint.failures 1",
            ],
            seen);
    }

    /// <summary>A key that is decided and durable.</summary>
    private async Task AddAsync(int id)
    {
        var batch = BatchOf(id);
        await _stage.ProcessAsync(batch);
        batch.Release();
    }

    /// <summary>Until the hash table is written keys may come: the first batch that has to wait is the one that finds the stage held.</summary>
    private async Task<Task> UntilHeldAsync(List<UrlBatch> decided)
    {
        while (true)
        {
            var next = BatchOf(decided.Count + 1);
            var deciding = _stage.ProcessAsync(next).AsTask();
            await Task.Delay(1, TestContext.Current.CancellationToken);
            if (!deciding.IsCompleted)
                return deciding;
            decided.Add(next);
        }
    }

    private UrlBatch BatchOf(params int[] ids)
    {
        var batch = _pool.Rent();
        foreach (var id in ids)
            batch.Rows[batch.Count++] = new UrlRow { ContentId = (UInt128)id };
        return batch;
    }
}
