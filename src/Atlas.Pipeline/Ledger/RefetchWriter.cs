namespace Atlas.Pipeline.Ledger;

/// <summary>Documents that are asked for again: taken up into <c>work</c>, and the ends that they come to there. The writer's thread alone.</summary>
/// <remarks>
/// A document is at each moment in one place of three: behind the cursor (its id is greater, it was never asked for again), in <c>work</c>, or in <c>checked</c>.
/// Ids are given in the order of recording, so that what lies behind the cursor needs no index to be found by its age; what does not has a row by it.
/// </remarks>
internal sealed class RefetchWriter
{
    private const string Columns = "m.id, m.seq, m.final_url, coalesce(m.etag, ''), m.last_modified IS NOT NULL, coalesce(m.last_modified, 0), m.body_sha256";

    private readonly BooksCounter _books;
    private readonly Sources _sources;
    private readonly TimeProvider _time;
    private readonly SqlStatement[] _queues = new SqlStatement[PriorityClasses.Count];
    private readonly SqlStatement _behind, _checked, _move, _uncheck, _take, _check, _confirm, _fail, _keep, _replace;
    private long _cursor;

    public RefetchWriter(SqlConnection connection, BooksCounter books, Sources sources, TimeProvider time)
    {
        (_books, _sources, _time) = (books, sources, time);
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            _queues[priority] = connection.Prepare($"SELECT {QueueRow.Columns} FROM {LedgerSchema.QueueOf(priority)} q WHERE q.seq = ?1");
        _cursor = connection.Scalar($"SELECT CAST(value AS INTEGER) FROM meta WHERE name = '{LedgerSchema.RefetchCursor}'");
        _behind = connection.Prepare($"SELECT {Columns}, m.fetched_at FROM content_metadata m WHERE m.id > ?1 ORDER BY m.id LIMIT ?2");
        _checked = connection.Prepare($"SELECT {Columns}, c.at FROM checked c JOIN content_metadata m ON m.id = c.document WHERE c.at <= ?1 ORDER BY c.at LIMIT ?2");
        _move = connection.Prepare($"UPDATE meta SET value = ?1 WHERE name = '{LedgerSchema.RefetchCursor}'");
        _uncheck = connection.Prepare("DELETE FROM checked WHERE at = ?1 AND document = ?2");
        _take = connection.Prepare("INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch, document) VALUES(?1, ?2, 'queued', 0, 0, 0, ?3, 0, ?4)");
        _check = connection.Prepare("INSERT INTO checked(at, document) VALUES(?1, ?2)");
        _confirm = connection.Prepare("UPDATE content_metadata SET etag = ?2, last_modified = ?3, checked_at = ?4, check_failed_at = NULL, check_failure = NULL WHERE id = ?1");
        _fail = connection.Prepare("UPDATE content_metadata SET check_failed_at = ?2, check_failure = ?3 WHERE id = ?1");
        _keep = connection.Prepare("""
            INSERT INTO document_versions(content_id, seq, final_url, status_code, content_type, etag, last_modified, body_sha256, segment, body_offset, body_length, fetched_at, attempts,
              elapsed_ms, wire_bytes, exchange_segment, exchange_offset, exchange_length, checked_at, replaced_at)
            SELECT content_id, seq, final_url, status_code, content_type, etag, last_modified, body_sha256, segment, body_offset, body_length, fetched_at, attempts,
              elapsed_ms, wire_bytes, exchange_segment, exchange_offset, exchange_length, checked_at, ?2 FROM content_metadata WHERE id = ?1
            """);
        _replace = connection.Prepare("""
            UPDATE content_metadata SET final_url = ?2, status_code = ?3, content_type = ?4, etag = ?5, last_modified = ?6, body_sha256 = ?7, segment = ?8, body_offset = ?9, body_length = ?10,
              fetched_at = ?11, attempts = ?12, elapsed_ms = ?13, wire_bytes = ?14, exchange_segment = ?15, exchange_offset = ?16, exchange_length = ?17,
              checked_at = NULL, check_failed_at = NULL, check_failure = NULL WHERE id = ?1
            """);
    }

    /// <summary>Takes up the documents that were checked longest ago, up to a moment.</summary>
    /// <param name="most">Items, from 1.</param>
    /// <param name="checkedUntil">Later ones are left alone.</param>
    public IReadOnlyList<WorkItem> Take(int most, DateTimeOffset checkedUntil)
    {
        var until = checkedUntil.ToUnixTimeMilliseconds();
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var (behind, known) = (Read(_behind.Bind(1, _cursor).Bind(2, most)), Read(_checked.Bind(1, until).Bind(2, most)));
        var items = new List<WorkItem>();
        var cursor = _cursor;
        for (int b = 0, k = 0, taken = 0; taken < most; taken++)
        {
            var isBehind = b < behind.Count && behind[b].At <= until && (k == known.Count || behind[b].At <= known[k].At);
            if (!isBehind && k == known.Count)
                break;
            var next = isBehind ? behind[b++] : known[k++];
            if (isBehind)
                cursor = next.Document.Id;
            else
                _uncheck.Bind(1, next.At).Bind(2, next.Document.Id).Run();
            if (Find(next, now) is { } item)
                items.Add(item);
            else
                Checked(next.Document.Id, now);
        }

        foreach (var item in items)
            _take.Bind(1, item.Sequence).Bind(2, (int)item.Priority).Bind(3, now).Bind(4, item.Again!.Id).Run();
        if (cursor != _cursor)
            _move.Bind(1, cursor).Run();
        _cursor = cursor;
        _books.Add(Tally.Refetches, items.Count);
        _books.Add(Tally.Refetching, items.Count);
        return items;
    }

    /// <summary>The document is what it was. Its lease has been ended.</summary>
    public void Confirm(WorkItem item, Confirmation confirmed)
    {
        var at = confirmed.At.ToUnixTimeMilliseconds();
        _confirm.Bind(1, item.Again!.Id).Bind(2, confirmed.ETag).Bind(4, at);
        BindTime(_confirm, 3, confirmed.LastModified);
        _confirm.Run();
        Checked(item.Again.Id, at);
        _books.Add(confirmed.ByStatus ? Tally.NotModified : Tally.Unchanged, 1);
        _books.Add(Tally.BytesFetched, confirmed.WireBytes);
    }

    /// <summary>The document was asked for in vain, and stays. Its lease has been ended.</summary>
    public void Fail(WorkItem item, Reason reason)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        _fail.Bind(1, item.Again!.Id).Bind(2, now).Bind(3, reason.Name).Run();
        Checked(item.Again.Id, now);
        _books.RefetchFailed.Add(reason);
    }

    /// <summary>The document is another one now; what it was becomes a version. Its lease has been ended.</summary>
    /// <param name="done">The document as it is now.</param>
    /// <param name="attempt">The item's attempts.</param>
    public void Replace(CompletedDocument done, long attempt)
    {
        var (again, document) = (done.Item.Again!, done.Document);
        var fetchedAt = document.FetchedAt.ToUnixTimeMilliseconds();
        _keep.Bind(1, again.Id).Bind(2, fetchedAt).Run();
        _replace.Bind(1, again.Id).Bind(2, document.FinalUrl).Bind(3, document.Status).Bind(4, document.ContentType).Bind(5, document.ETag).BindBlob(7, done.BodySha256)
            .Bind(8, done.Place.Segment).Bind(9, done.Place.Offset).Bind(10, done.Place.Length).Bind(11, fetchedAt).Bind(12, attempt).Bind(13, (long)document.Elapsed.TotalMilliseconds)
            .Bind(14, document.WireBytes).Bind(15, done.Exchange.Segment).Bind(16, done.Exchange.Offset).Bind(17, done.Exchange.Length);
        BindTime(_replace, 6, document.LastModified);
        _replace.Run();
        Checked(again.Id, fetchedAt);
    }

    private void Checked(long document, long at) => _check.Bind(1, at).Bind(2, document).Run();

    /// <summary>The item of a document's URL; null if its row is gone from the queue.</summary>
    private WorkItem? Find(in Aged aged, long now)
    {
        for (var priority = 0; priority < _queues.Length; priority++)
        {
            var queue = _queues[priority].Bind(1, aged.Sequence);
            var item = queue.Step() ? QueueRow.Again(queue, (PriorityClass)priority, _sources, aged.Document) : null;
            queue.Reset();
            if (item is null)
                continue;

            // It waits from now on, like a URL that comes in now.
            item.DueAt = DateTimeOffset.FromUnixTimeMilliseconds(now);
            return item;
        }

        return null;
    }

    private static List<Aged> Read(SqlStatement rows)
    {
        var read = new List<Aged>();
        while (rows.Step())
        {
            var document = new KnownDocument(rows.Int64(0), rows.Text(2), rows.Text(3) is { Length: > 0 } etag ? etag : null, QueueRow.TimeOrNull(rows, 4), rows.Bytes(6).ToArray());
            read.Add(new Aged(document, rows.Int64(1), rows.Int64(7)));
        }

        rows.Reset();
        return read;
    }

    private static void BindTime(SqlStatement statement, int index, DateTimeOffset? time)
    {
        if (time is { } moment)
            statement.Bind(index, moment.ToUnixTimeMilliseconds());
        else
            statement.BindNull(index);
    }

    /// <summary>A document and when it was checked last.</summary>
    /// <param name="Document">The document.</param>
    /// <param name="Sequence">The number of its URL.</param>
    /// <param name="At">Unix time in milliseconds.</param>
    private readonly record struct Aged(KnownDocument Document, long Sequence, long At);
}
