using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>Writes decided batches into the current transaction. The writer's thread alone; allocates nothing per row.</summary>
internal sealed class AdmissionWriter
{
    private readonly SqlStatement[] _enqueue = new SqlStatement[PriorityClasses.Count];
    private readonly SqlStatement _refuse;
    private readonly BooksCounter _books;
    private readonly Sources _sources;
    private readonly TimeProvider _time;

    public AdmissionWriter(SqlConnection connection, BooksCounter books, Sources sources, TimeProvider time)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            _enqueue[priority] = connection.Prepare($"INSERT INTO {LedgerSchema.QueueOf(priority)}(seq, url, packed) VALUES(?1, ?2, ?3)");
        _refuse = connection.Prepare("""
            INSERT INTO dead_letter_queue(id, seq, content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, was_admitted, source_name, source_offset)
            VALUES(?1, ?1, ?2, ?3, ?4, ?4, 0, ?5, 0, ?6, ?7)
            """);
        _books = books;
        _sources = sources;
        _time = time;
    }

    /// <summary>Writes a batch's rows and settles its receipt, so that its position is part of the same transaction. A side copy only settles.</summary>
    /// <returns>Rows admitted.</returns>
    public int Write(UrlBatch batch)
    {
        var admitted = batch.CountsInBooks ? WriteRows(batch) : 0;
        batch.Receipt?.Settle();
        batch.Receipt = null;
        return admitted;
    }

    private int WriteRows(UrlBatch batch)
    {
        var source = _sources.IdOf(batch.Source);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        int admitted = 0, duplicates = 0;
        foreach (ref readonly var row in batch.ActiveRows)
        {
            switch (row.Fate)
            {
                case Fate.Forward:
                    Enqueue(batch, row, source, now);
                    admitted++;
                    break;
                case Fate.Drop:
                    duplicates++;
                    break;
                default:
                    _books.Add("rejected", 1, row.Reason);
                    if (!row.IsRepeat)
                        Refuse(batch, row, now);
                    break;
            }
        }

        _books.Add("received", batch.Count);
        _books.Add("duplicates", duplicates);
        _books.Add("admitted", admitted);
        _books.Add("queued", admitted);
        _books.Add("backlog", admitted);
        return admitted;
    }

    private void Enqueue(UrlBatch batch, in UrlRow row, int source, long now)
    {
        Span<byte> packed = stackalloc byte[PackedRow.Size];
        new PackedRow(row.ContentId, row.Strategy, now, source, row.SourceOffset).Write(packed);
        _enqueue[(int)row.Priority].Bind(1, ++_books.Sequence).BindText(2, batch.TextOf(row)).BindBlob(3, packed).Run();
    }

    private void Refuse(UrlBatch batch, in UrlRow row, long now)
    {
        Span<byte> id = stackalloc byte[32];
        row.ContentId.TryFormat(id, out _, "x32", CultureInfo.InvariantCulture);
        _refuse.Bind(1, ++_books.Sequence).BindText(2, id).BindBlob(3, batch.TextOf(row)).Bind(4, row.Reason.Name)
            .Bind(5, now).Bind(6, batch.Source).Bind(7, row.SourceOffset).Run();
    }
}
