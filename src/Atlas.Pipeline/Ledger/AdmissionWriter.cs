using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Writes decided batches into the current transaction. The writer's thread alone; allocates nothing per row, and binds a batch's bytes where they are.</summary>
internal sealed class AdmissionWriter
{
    private readonly QueueInsert[] _enqueue = new QueueInsert[PriorityClasses.Count];
    private readonly DeadLetterInsert _refuse;
    private readonly BooksCounter _books;
    private readonly Sources _sources;
    private readonly TimeProvider _time;

    /// <summary>The names of the reasons that were used, by code.</summary>
    private readonly Dictionary<ushort, byte[]> _reasons = [];

    public AdmissionWriter(SqlConnection connection, BooksCounter books, Sources sources, TimeProvider time)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            _enqueue[priority] = new QueueInsert(connection, LedgerSchema.QueueOf(priority));
        _refuse = new DeadLetterInsert(connection);
        _books = books;
        _sources = sources;
        _time = time;
    }

    /// <summary>Writes a batch's rows and settles its receipt, so that its position is part of the same transaction. A side copy only settles. The batch's buffers may go when this returns.</summary>
    public AdmittedRows Write(UrlBatch batch)
    {
        var written = batch.CountsInBooks ? WriteRows(batch) : default;
        batch.Receipt?.Settle();
        batch.Receipt = null;
        return written;
    }

    private AdmittedRows WriteRows(UrlBatch batch)
    {
        var source = _sources.IdOf(batch.Source);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        int admitted = 0, refused = 0, duplicates = 0;
        foreach (ref var row in batch.ActiveRows)
        {
            switch (row.Fate)
            {
                case Fate.Forward:
                    Enqueue(batch, ref row, source, now);
                    admitted++;
                    break;
                case Fate.Drop:
                    duplicates++;
                    break;
                default:
                    _books.Rejected.Add(row.Reason);
                    if (row.IsRepeat)
                        break;
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

    private void Enqueue(UrlBatch batch, ref UrlRow row, int source, long now)
    {
        _enqueue[(int)row.Priority].Add(_books.NextSequence(), batch.TextOf(row), new PackedRow(batch.IdOf(ref row), row.Strategy, now, source, row.SourceOffset, CanonicalizationRules.RulesetVersion));
    }

    private void Refuse(UrlBatch batch, ref UrlRow row, int source, long now)
    {
        var letter = new DeadLetterRow(_books.NextSequence(), new PinnedSpan(batch.TextOf(row)), new PinnedSpan(ErrorOf(row)), new PinnedSpan(NameOf(row.Reason)),
            now, new PinnedSpan(_sources.PinnedNameOf(source)), row.SourceOffset);
        _refuse.Add(batch.IdOf(ref row), letter);
    }

    /// <summary>What is known of the error beyond its class. A literal, or pinned.</summary>
    private ReadOnlySpan<byte> ErrorOf(in UrlRow row) => row.Flaw == CanonicalizationError.None ? NameOf(row.Reason) : CanonicalizationErrorNames.Of(row.Flaw);

    private byte[] NameOf(Reason reason)
    {
        if (!_reasons.TryGetValue(reason.Code, out var name))
            _reasons[reason.Code] = name = PinnedText.Of(reason.Name);
        return name;
    }
}

/// <summary>What a batch left in the ledger.</summary>
/// <param name="Admitted">Rows of a queue.</param>
/// <param name="Refused">Dead letters.</param>
internal readonly record struct AdmittedRows(int Admitted, int Refused)
{
    public int Written => Admitted + Refused;
}
