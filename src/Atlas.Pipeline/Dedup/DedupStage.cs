namespace Atlas.Pipeline.Dedup;

/// <summary>Decides which rows of a batch are known already: the first of a key goes on, every later one is dropped and counted.</summary>
/// <remarks>
/// One batch at a time is decided; parallel callers wait for one another. A decided batch counts as under way until the ledger has it in a transaction, or it is released, which is what a checkpoint waits for.
/// Copies that do not count in the books pass untouched: they must not use up the key of the line they are a copy of.
/// </remarks>
internal sealed class DedupStage : IBatchStage, IDisposable
{
    private readonly ISeenStore _store;
    private readonly RecentKeys _recent;
    private readonly long _checkpointEvery;
    private readonly SemaphoreSlim _gate = new(1, 1);

    // Scratch of the one batch that is inside the gate: of each row that is asked about, its place, how the recent keys know it and how the store does.
    private readonly UInt128[] _marks = new UInt128[UrlBatch.MaxRows];
    private readonly UInt128[] _keys = new UInt128[UrlBatch.MaxRows];
    private readonly int[] _rows = new int[UrlBatch.MaxRows];
    private readonly bool[] _isNew = new bool[UrlBatch.MaxRows];
    private InFlight _decided = new();
    private long _newSinceCheckpoint;

    public DedupStage(DedupOptions options, ISeenStore store)
    {
        _store = store;
        _recent = new RecentKeys(options.RecentKeys);
        _checkpointEvery = options.CheckpointEveryUrls;
    }

    /// <summary>Raised inside the gate, after each batch that leaves a checkpoint due: handlers only set a signal.</summary>
    public event Action? CheckpointDue;

    /// <summary>Raised inside the gate, after each batch: no key is on its way into the store, and <see cref="TakeDecided"/> may be called.</summary>
    public event Action? BetweenBatches;

    public async ValueTask ProcessAsync(UrlBatch batch)
    {
        if (!batch.CountsInBooks)
            return;

        await _gate.WaitAsync();
        try
        {
            // A batch that passes two dedup stages is inside once.
            if (batch.Decided is null)
            {
                _decided.Enter();
                batch.Decided = _decided;
            }

            Decide(batch);
            BetweenBatches?.Invoke();
            if (_newSinceCheckpoint >= _checkpointEvery)
            {
                // Counted anew from here, whatever becomes of the checkpoint: the next try is not due with every batch.
                _newSinceCheckpoint = 0;
                CheckpointDue?.Invoke();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Returns when no batch is being decided; none will be until <see cref="LetGo"/>.</summary>
    public Task HoldAsync(CancellationToken abort) => _gate.WaitAsync(abort);

    /// <summary>While the stage is held, or between batches: what has been decided and is under way. What is decided from here on counts apart.</summary>
    public InFlight TakeDecided()
    {
        var decided = _decided;
        _decided = new InFlight();
        return decided;
    }

    /// <summary>Ends what <see cref="HoldAsync"/> began. The count of new keys starts again.</summary>
    public void LetGo()
    {
        _newSinceCheckpoint = 0;
        _gate.Release();
    }

    public void Dispose() => _gate.Dispose();

    private void Decide(UrlBatch batch)
    {
        var rows = batch.ActiveRows;
        var asked = KeepUnknown(batch, CollectMarks(batch));
        _store.AddIfAbsent(_keys.AsSpan(0, asked), _isNew);
        for (var i = 0; i < asked; i++)
        {
            _recent.Add(_marks[i]);
            if (_isNew[i])
                _newSinceCheckpoint++;
            else
                MarkSeen(ref rows[_rows[i]]);
        }
    }

    /// <summary>The fingerprints of the rows that are still under way, each with its set of recent keys on the way to the cache.</summary>
    private int CollectMarks(UrlBatch batch)
    {
        var count = 0;
        var rows = batch.ActiveRows;
        for (var i = 0; i < rows.Length; i++)
        {
            ref var row = ref rows[i];
            if (row.Fate is not (Fate.Forward or Fate.DeadLetter))
                continue;

            var mark = KeyOf(row, batch.FingerprintOf(ref row));
            _recent.Prefetch(mark);
            _marks[count] = mark;
            _rows[count++] = i;
        }

        return count;
    }

    /// <summary>Marks the rows that came lately, and moves the others to the front with their keys, which cost a content id each.</summary>
    private int KeepUnknown(UrlBatch batch, int count)
    {
        var asked = 0;
        var rows = batch.ActiveRows;
        for (var i = 0; i < count; i++)
        {
            ref var row = ref rows[_rows[i]];
            if (_recent.Contains(_marks[i]))
            {
                MarkSeen(ref row);
                continue;
            }

            _marks[asked] = _marks[i];
            _keys[asked] = KeyOf(row, batch.IdOf(ref row));
            _rows[asked++] = _rows[i];
        }

        return asked;
    }

    private static UInt128 KeyOf(in UrlRow row, UInt128 hash) => row.Fate == Fate.Forward ? SeenKey.OfAdmitted(hash) : SeenKey.OfRefused(hash);

    private static void MarkSeen(ref UrlRow row)
    {
        if (row.Fate == Fate.Forward)
            row.DropAsDuplicate();
        else
            row.IsRepeat = true;
    }
}
