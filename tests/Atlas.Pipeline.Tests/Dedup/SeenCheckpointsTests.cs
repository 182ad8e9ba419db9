using System.Diagnostics.Metrics;
using Atlas.Pipeline.Dedup;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class SeenCheckpointsTests : IDisposable
{
    private readonly DedupTestBed _bed = new();
    private readonly KeyLedger _ledger = new();
    private readonly UrlBatchPool _pool = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FasterSeenStore _store;
    private readonly DedupStage _stage;
    private readonly SeenCheckpoints _checkpoints;
    private readonly MeterListener _holds = new();
    private volatile bool _wasHeld;
    private bool _hasRoom = true;

    public SeenCheckpointsTests()
    {
        var seams = new Seams { Time = _time };
        var options = DedupTestBed.Small with { CheckpointEveryUrls = 2 };
        _store = FasterSeenStore.Open(_bed.Seen, options, _ledger, seams);

        // Time is what these tests make of it; the disk has as much as it needs.
        _store.CheckpointDeadline = TimeSpan.FromDays(40);
        _stage = new DedupStage(options, _store);
        _checkpoints = new SeenCheckpoints(_stage, _store, _ledger, seams) { HasRoom = () => _hasRoom };

        // The end of a hold is when the log's end has been fixed.
        _holds.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, _checkpoints) && instrument.Name == "atlas.dedup.checkpoint.hold")
                listener.EnableMeasurementEvents(instrument);
        };
        _holds.SetMeasurementEventCallback<double>((_, _, _, _) => _wasHeld = true);
        _holds.Start();
    }

    public void Dispose()
    {
        _holds.Dispose();
        _checkpoints.Dispose();
        _stage.Dispose();
        _store.Dispose();
        _bed.Dispose();
    }

    [Fact]
    public async Task A_checkpoint_counts_when_what_was_decided_before_it_is_durable_and_the_stage_decides_on_meanwhile()
    {
        List<UrlBatch> decided = [BatchOf(1)];
        await _stage.ProcessAsync(decided[0]);
        var taking = _checkpoints.TakeAsync();
        while (!_wasHeld)
            decided.Add(await DecideAsync(decided.Count + 1));
        var later = await DecideAsync(decided.Count + 1);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.False(taking.IsCompleted);
        Assert.Null(_ledger.LastSeenCheckpoint);

        decided.ForEach(batch => batch.Release());
        Assert.True(await taking);
        Assert.NotNull(_ledger.LastSeenCheckpoint);
        Assert.InRange(SeenManifest.Parse(_ledger.LastSeenCheckpoint.Manifest).Count, 1, decided.Count);
        later.Release();
    }

    // A row that is committed while the checkpoint is sealed stands above its high water, and its key in it.
    [Fact]
    public async Task Rows_that_came_while_a_checkpoint_was_sealed_are_known_and_counted_once_after_a_start()
    {
        var batch = BatchOf(1, 2, 3);
        await _stage.ProcessAsync(batch);
        var taking = _checkpoints.TakeAsync();
        while (!_wasHeld)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        _ledger.Keys.AddRange([1, 2, 3]);
        batch.Release();
        Assert.True(await taking);
        _store.Dispose();

        using var again = FasterSeenStore.Open(_bed.Seen, DedupTestBed.Small, _ledger, new Seams());
        Assert.Equal(0, _ledger.LastSeenCheckpoint!.HighWater);
        Assert.False(again.WasRebuilt);
        Assert.Equal(3, again.Count);
        Assert.Equal(0, DedupTestBed.AddAll(again, [1, 2, 3]));
    }

    [Fact]
    public async Task One_that_is_due_ends_where_all_is_durable_already_and_holds_nobody()
    {
        await AddManyAsync(1);
        Assert.True(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));
        await AddManyAsync(70_000);
        await WhenOnDiskAsync();
        var late = await DecideAsync(100_000);
        _wasHeld = false;

        Assert.True(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));

        Assert.False(_wasHeld);
        Assert.InRange(SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest).Count, 65_536, 70_000);
        late.Release();
    }

    [Fact]
    public async Task One_whose_newest_rows_are_on_their_way_waits_for_them()
    {
        await AddManyAsync(1);
        Assert.True(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));
        var first = _ledger.LastSeenCheckpoint;
        var stuck = await DecideAsync(100_000);
        await AddManyAsync(70_000);
        await WhenOnDiskAsync();

        var taking = _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Same(first, _ledger.LastSeenCheckpoint);
        stuck.Release();

        Assert.True(await taking);
        Assert.Equal(_store.Count, SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest).Count);
    }

    [Fact]
    public async Task The_last_one_has_every_key()
    {
        await AddManyAsync(1);
        Assert.True(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));
        await AddManyAsync(70_000);
        await WhenOnDiskAsync();

        Assert.True(await _checkpoints.TakeAsync(isLast: true, TestContext.Current.CancellationToken));

        Assert.Equal(70_000, SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest).Count);
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
        await _stage.ProcessAsync(BatchOf(1));
        var taking = _checkpoints.TakeAsync();
        while (!taking.IsCompleted)
        {
            _time.Advance(_checkpoints.QuietDeadline);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.False(await taking);
        Assert.Null(_ledger.LastSeenCheckpoint);
        await DecideAsync(2);
        Assert.Equal(2, _store.Count);
    }

    // Its keys are in the log, and so in every later checkpoint.
    [Fact]
    public async Task What_one_checkpoint_did_not_see_become_durable_the_next_one_waits_for()
    {
        var stuck = await DecideAsync(1);
        var given = _checkpoints.TakeAsync();
        while (!given.IsCompleted)
        {
            _time.Advance(_checkpoints.QuietDeadline);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        (await DecideAsync(2)).Release();
        _wasHeld = false;
        var taking = _checkpoints.TakeAsync();
        while (!_wasHeld)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(taking.IsCompleted);
        Assert.Null(_ledger.LastSeenCheckpoint);

        stuck.Release();
        Assert.True(await taking);
        Assert.Equal(2, SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest).Count);
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

        _checkpoints.AskForLast();
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
        Assert.True(await _checkpoints.TakeAsync(stop: stop.Token));

        // What is due already is begun before this returns.
        var running = _checkpoints.RunAsync(stop.Token);

        Assert.Equal(1, _ledger.Checkpoints);
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
        Assert.True(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));
        await AddAsync(2);
        Assert.True(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));
        await AddAsync(3);
        _hasRoom = false;
        Assert.False(await _checkpoints.TakeAsync(stop: TestContext.Current.CancellationToken));

        Assert.Equal(
            [
                "atlas.dedup.checkpoint.hold", "atlas.dedup.checkpoint.duration True",
                "atlas.dedup.checkpoint.hold", "atlas.dedup.checkpoint.duration False",
                "atlas.dedup.checkpoint.failures 1",
            ],
            seen);
    }

    /// <summary>Keys that are decided and durable, all of them new but those of earlier calls.</summary>
    private async Task AddManyAsync(int upTo)
    {
        for (var first = 1; first <= upTo; first += UrlBatch.MaxRows)
        {
            var batch = BatchOf([.. Enumerable.Range(first, Math.Min(UrlBatch.MaxRows, upTo + 1 - first))]);
            await _stage.ProcessAsync(batch);
            batch.Release();
        }
    }

    /// <summary>Cuts are followed one after the other.</summary>
    private Task<List<SealedStretch>> WhenOnDiskAsync() => _store.Cut(0, new InFlight()).OnDisk;

    /// <summary>A key that is decided and durable.</summary>
    private async Task AddAsync(int id)
    {
        var batch = BatchOf(id);
        await _stage.ProcessAsync(batch);
        batch.Release();
    }

    private async Task<UrlBatch> DecideAsync(int id)
    {
        var batch = BatchOf(id);
        await _stage.ProcessAsync(batch);
        return batch;
    }

    private UrlBatch BatchOf(params int[] ids)
    {
        var batch = _pool.Rent();
        foreach (var id in ids)
            batch.Rows[batch.Count++] = new UrlRow { ContentId = (UInt128)id };
        return batch;
    }
}
