using Atlas.Pipeline.Ledger;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Dedup;

/// <summary>Takes checkpoints of the dedup index, of which none counts before everything that had been decided for it is committed.</summary>
/// <remarks>
/// A checkpoint that holds the key of a row that is never committed would lose its URL for good. So the ledger comes to know it only when what was decided before it is in a transaction: the record of it is in the same one or in a later one. One that fails is the ledger's last, so that no checkpoint counts after it.
/// So it ends a little in the past: at a cut of the log that is on the disk already, and whose rows are in the ledger. Nobody is held for that. Where no cut will do, as behind a new hash table and at a run's end,
/// one is made, for which the stage stands still between two batches, and waited for while it decides.
/// </remarks>
internal sealed partial class SeenCheckpoints : IDisposable
{
    private readonly DedupStage _stage;
    private readonly FasterSeenStore _store;
    private readonly ILedger _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CheckpointInstruments _instruments;
    private readonly SemaphoreSlim _due = new(0, 1);

    /// <summary>Cuts of the log, oldest first, that something is left to wait for; of those before there is none that a newer one does not replace.</summary>
    private readonly Queue<LogCut> _cuts = new();

    /// <summary>The newest cut up to which all is on the disk and in the ledger.</summary>
    private LogCut? _whole;

    private volatile bool _isLast;

    /// <summary>Keys in the last checkpoint that this run has taken; -1 before the first.</summary>
    private long _taken = -1;

    public SeenCheckpoints(DedupStage stage, FasterSeenStore store, ILedger ledger, Seams seams)
    {
        _stage = stage;
        _store = store;
        _ledger = ledger;
        _time = seams.Time;
        _log = seams.Logs.CreateLogger<SeenCheckpoints>();
        _instruments = new CheckpointInstruments(this);
        _stage.CheckpointDue += Ask;
        _stage.BetweenBatches += CutIfDue;
    }

    /// <summary>How long the decided batches may take to reach the ledger before a checkpoint is given up.</summary>
    public TimeSpan QuietDeadline { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether the disk has room for one: it is as large as index and filter, and not worth the room that the ledger needs.</summary>
    public Func<bool> HasRoom { get; init; } = static () => true;

    /// <summary>Has <see cref="RunAsync"/> take one now, as no line comes any more: what redirects still bring is little, and the run's end has little to do.</summary>
    public void AskForLast()
    {
        _isLast = true;
        Ask();
    }

    private void Ask()
    {
        lock (_due)
        {
            if (_due.CurrentCount == 0)
                _due.Release();
        }
    }

    /// <summary>Takes a checkpoint whenever the stage says that one is due, or somebody asks, until it is cancelled. Never throws.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _due.WaitAsync(stop);
                await TakeAsync(_isLast, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over; its end takes the last checkpoint, if keys have come since this one.
        }
    }

    /// <summary>Takes a checkpoint now, unless nothing has come since the last one. False when it failed: the index goes on, and the next start replays or rebuilds.</summary>
    /// <param name="isLast">Whether no other will follow.</param>
    /// <param name="stop">Gives it up.</param>
    public async Task<bool> TakeAsync(bool isLast = false, CancellationToken stop = default)
    {
        try
        {
            // Nothing has ever been seen: there is no file to seal, and a start without a checkpoint costs nothing.
            if (_store.Count == 0 || (_store.Count == _taken && !_store.IsTableDue(isLast)))
                return true;
            if (!HasRoom())
            {
                LogNoRoom(_log);
                _instruments.Failed();
                return false;
            }

            var begun = _time.GetTimestamp();
            var before = _store.NewestTable;
            var table = await _store.WriteTableIfDueAsync(isLast);
            var cut = (isLast ? null : NewestFor(table)) ?? await CutNowAsync(stop);
            var made = await _store.SealCheckpointAsync(table, cut);
            await WhenInLedgerAsync(cut, stop);
            await _ledger.RecordSeenCheckpointAsync(made);
            _taken = cut.Count;
            _instruments.Taken(_time.GetElapsedTime(begun), withTable: table != before);
            await DropOlderAsync(table, made);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            LogFailed(_log, error);
            _instruments.Failed();
            return false;
        }
    }

    public void Dispose()
    {
        _stage.CheckpointDue -= Ask;
        _stage.BetweenBatches -= CutIfDue;
        _due.Dispose();
        _instruments.Dispose();
    }

    private void CutIfDue()
    {
        if (_store.IsCutDue)
            Cut();
    }

    /// <summary>Between two batches. Rows that the ledger has by now have been decided; the keys of later ones may be in the log as well, which a replay finds out.</summary>
    private LogCut Cut()
    {
        var cut = _store.Cut(_ledger.LastSequence, _stage.TakeDecided());
        lock (_cuts)
        {
            Settle_Locked();
            _cuts.Enqueue(cut);
        }

        return cut;
    }

    /// <summary>The newest cut at which a checkpoint with that table may end at once; null when there is none, or it lacks more than a tenth of what is new.</summary>
    private LogCut? NewestFor(WrittenTable table)
    {
        lock (_cuts)
        {
            Settle_Locked();
            return _whole is { } cut && cut.Tail >= table.End && (_store.Count - cut.Count) * 10 <= cut.Count - Math.Max(_taken, 0) ? cut : null;
        }
    }

    private void Settle_Locked()
    {
        while (_cuts.TryPeek(out var cut) && cut.IsSettled)
        {
            _cuts.Dequeue();
            if (cut.OnDisk.IsCompletedSuccessfully)
                _whole = cut;
        }
    }

    /// <summary>Returns when everything whose keys may be before a cut is in a transaction: committed, or about to be.</summary>
    private async Task WhenInLedgerAsync(LogCut cut, CancellationToken stop)
    {
        LogCut[] waited;
        lock (_cuts)
            waited = [.. _cuts.TakeWhile(other => other.Tail <= cut.Tail)];
        foreach (var earlier in waited)
            await earlier.Decided.WhenEmpty().WaitAsync(QuietDeadline, _time, stop);
    }

    /// <summary>What is left over costs room, until a start finds it.</summary>
    private async Task DropOlderAsync(WrittenTable table, SeenCheckpoint taken)
    {
        try
        {
            await _store.KeepNewestTwoAsync(table, taken);
        }
        catch (Exception error)
        {
            LogLeftOver(_log, error);
        }
    }

    /// <summary>Cuts the log where it ends by now.</summary>
    private async Task<LogCut> CutNowAsync(CancellationToken stop)
    {
        await _stage.HoldAsync(stop);
        var held = _time.GetTimestamp();
        try
        {
            return Cut();
        }
        finally
        {
            // Batches that were decided before the stage stood still may have signalled again: this checkpoint is theirs too. The last one is not this one.
            if (!_isLast)
                await _due.WaitAsync(TimeSpan.Zero, CancellationToken.None);
            _stage.LetGo();
            _instruments.Held(_time.GetElapsedTime(held));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No checkpoint of the dedup index was taken; the next start goes through more of the ledger.")]
    private static partial void LogFailed(ILogger log, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An older checkpoint of the dedup index could not be deleted.")]
    private static partial void LogLeftOver(ILogger log, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No checkpoint of the dedup index was taken, as the disk is nearly full; the next start goes through more of the ledger.")]
    private static partial void LogNoRoom(ILogger log);
}
