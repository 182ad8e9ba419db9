using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Writes decided batches into the current transaction. The writer's thread alone; allocates nothing per row, and binds a batch's bytes where they are.</summary>
internal sealed class AdmissionWriter
{
    private readonly RowInsert[] _enqueue = new RowInsert[PriorityClasses.Count];
    private readonly RowInsert _refuse;
    private readonly BooksCounter _books;
    private readonly Sources _sources;
    private readonly RepeatCounts _repeats;
    private readonly ReplayWriter _replays;
    private readonly TimeProvider _time;

    /// <summary>The numbers of a batch's rows that went into a queue.</summary>
    private readonly long[] _admittedAs = new long[UrlBatch.MaxRows];

    public AdmissionWriter(SqlConnection connection, BooksCounter books, Sources sources, ReplayWriter replays, TimeProvider time)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            _enqueue[priority] = new RowInsert(connection, $"{LedgerSchema.QueueOf(priority)}(seq, url, packed)", isText: true, PackedRow.Size);
        _refuse = new RowInsert(connection, "refused(seq, line, packed)", isText: false, PackedRefusal.Size);
        _books = books;
        _sources = sources;
        _replays = replays;
        _repeats = new RepeatCounts(connection, time);
        _time = time;
    }

    /// <summary>Writes a batch's rows and settles its receipt, so that its position is part of the same transaction. A side copy only settles. The batch's buffers may go when this returns.</summary>
    public AdmittedRows Write(UrlBatch batch)
    {
        var written = batch.CountsInBooks ? WriteRows(batch) : default;
        if (batch is { CountsInBooks: true, Letters: { } letters })
            written = written with { Replayed = Settle(batch, letters) };
        batch.Receipt?.Settle();
        batch.Receipt = null;
        return written;
    }

    /// <summary>What was refused has a row already: it leaves, or stays with the reason of today.</summary>
    private int Settle(UrlBatch batch, ReplayedLetters letters)
    {
        var left = 0;
        _replays.BeginBatch();
        for (var i = 0; i < batch.Count; i++)
            left += _replays.Decided(letters.Replay, letters.Sequences[i], batch.Rows[i], _admittedAs[i]) ? 1 : 0;
        _replays.Count(letters.Replay, left, batch.Count - left);
        return batch.Count;
    }

    /// <summary>Inside a transaction: adds to the counts of refused lines that came again; all of them, or what one commit bears.</summary>
    /// <param name="all">Whether it is the last one.</param>
    /// <param name="isIdle">Whether the transaction has little else to do.</param>
    public void SaveRepeats(bool all, bool isIdle)
    {
        if (all)
            _repeats.SaveAll();
        else
            _repeats.SaveSome(isIdle);
    }

    private AdmittedRows WriteRows(UrlBatch batch)
    {
        var source = _sources.IdOf(batch.Source);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        int admitted = 0, refused = 0, duplicates = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var row = ref batch.Rows[i];
            switch (row.Fate)
            {
                case Fate.Forward:
                    _admittedAs[i] = Enqueue(batch, ref row, source, now);
                    admitted++;
                    break;
                case Fate.Drop:
                    duplicates++;
                    break;
                default:
                    _books.Rejected.Add(row.Reason);
                    if (batch.Letters is not null)
                        break;
                    if (row.IsRepeat)
                    {
                        _repeats.Add(batch, ref row, now);
                        break;
                    }

                    Refuse(batch, ref row, source, now);
                    refused++;
                    break;
            }
        }

        foreach (var queue in _enqueue)
            queue.End();
        _refuse.End();
        _books.Add(Tally.Received, batch.Count);
        _books.Add(Tally.Duplicates, duplicates);
        _books.DuplicateBooks.Count(source, batch, duplicates);
        _books.Add(Tally.Admitted, admitted);
        _books.Add(Tally.Queued, admitted);
        _books.Add(Tally.Backlog, admitted);
        return new AdmittedRows(admitted, refused);
    }

    private long Enqueue(UrlBatch batch, ref UrlRow row, int source, long now)
    {
        var queue = _enqueue[(int)row.Priority];
        new PackedRow(batch.IdOf(ref row), row.Strategy, now, source, row.SourceOffset, row.Depth, CanonicalizationRules.RulesetVersion).Write(queue.NextPacked);
        var sequence = _books.NextSequence();
        queue.Add(sequence, batch.TextOf(row));
        return sequence;
    }

    private void Refuse(UrlBatch batch, ref UrlRow row, int source, long now)
    {
        new PackedRefusal(batch.IdOf(ref row), row.Reason, row.Flaw, now, source, row.SourceOffset, CanonicalizationRules.RulesetVersion, row.Depth).Write(_refuse.NextPacked);
        _refuse.Add(_books.NextSequence(), batch.TextOf(row));
    }
}

/// <summary>What a batch left in the ledger.</summary>
/// <param name="Admitted">Rows of a queue.</param>
/// <param name="Refused">Rows of refused lines.</param>
internal readonly record struct AdmittedRows(int Admitted, int Refused)
{
    /// <summary>Dead letters that were decided anew.</summary>
    public int Replayed { get; init; }

    public int Written => Admitted + Refused + Replayed;
}
