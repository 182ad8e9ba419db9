using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>The edges of the state machine, each one compare-and-set on <c>work</c>. The writer's thread alone; a refused edge throws, and its caller rolls the command back.</summary>
/// <remarks>Counters are changed only after all rows of a command, so that a command rolled back leaves none behind.</remarks>
internal sealed class WorkWriter
{
    private readonly SqlConnection _connection;
    private readonly BooksCounter _books;
    private readonly TimeProvider _time;
    private readonly long _epoch;
    private readonly FoundWriter _found;
    private readonly RefetchWriter _refetches;
    private readonly AttemptWriter _attempts;
    private readonly SqlStatement _claim, _retry, _release, _leave, _record, _bury, _tail;

    /// <param name="found">Where the links of completed documents go.</param>
    /// <param name="refetches">Ends what was asked for again.</param>
    /// <param name="epoch">The number of this opening of the ledger: leases of another one are not ours to end.</param>
    public WorkWriter(SqlConnection connection, BooksCounter books, FoundWriter found, RefetchWriter refetches, TimeProvider time, long epoch)
    {
        _connection = connection;
        _books = books;
        _found = found;
        _refetches = refetches;
        _attempts = new AttemptWriter(connection, time);
        _time = time;
        _epoch = epoch;
        _claim = connection.Prepare("UPDATE work SET state = 'leased', attempt = attempt + 1, epoch = ?2 WHERE seq = ?1 AND state = 'queued' RETURNING attempt");
        _retry = connection.Prepare("""
            UPDATE work SET state = 'queued', lost = 0, attempt = attempt - ?3, deferrals = deferrals + ?3, due_at = ?4, last_reason = ?5, detail = ?6, requests = requests + ?7
            WHERE seq = ?1 AND state = 'leased' AND epoch = ?2 RETURNING attempt, deferrals
            """);
        _release = connection.Prepare("UPDATE work SET state = 'queued', attempt = attempt - 1 WHERE seq = ?1 AND state = 'leased' AND epoch = ?2 RETURNING attempt");
        _leave = connection.Prepare("DELETE FROM work WHERE seq = ?1 AND state = 'leased' AND epoch = ?2 RETURNING attempt");
        _record = connection.Prepare("""
            INSERT INTO content_metadata(content_id, source_url, url_scheme, url_domain, processing_strategy, is_processable, final_url, status_code, content_type, etag,
              last_modified, body_sha256, segment, body_offset, body_length, fetched_at, created_at, source_name, attempts, seq, ruleset_version,
              elapsed_ms, wire_bytes, exchange_segment, exchange_offset, exchange_length)
            VALUES(?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25) ON CONFLICT(content_id) DO NOTHING
            """);
        _bury = connection.Prepare("""
            INSERT INTO dead(seq, content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, notes, source_name, source_offset, ruleset_version)
            VALUES(?1, ?2, CAST(?3 AS BLOB), ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10)
            """);
        _tail = connection.Prepare("INSERT INTO bodies_tail VALUES(1, ?1, ?2) ON CONFLICT DO UPDATE SET segment = excluded.segment, end_offset = excluded.end_offset");
    }

    /// <returns>The attempt of each item, this one included.</returns>
    public int[] Claim(IReadOnlyList<WorkItem> items)
    {
        var attempts = new int[items.Count];
        for (var i = 0; i < attempts.Length; i++)
            attempts[i] = (int)Edge(_claim.Bind(1, items[i].Sequence).Bind(2, _epoch), items[i], "queued").First;
        foreach (var item in items)
            _books.Move(item, Tally.Queued, Tally.Leased);
        return attempts;
    }

    /// <returns>What was recorded; the rest was recorded already.</returns>
    public Completed Complete(IReadOnlyList<CompletedDocument> group, SegmentTail tail)
    {
        int recorded = 0, caught = 0, changed = 0, unchanged = 0, askedAgain = 0;
        long bytes = 0;
        foreach (var done in group)
        {
            var attempt = Edge(_leave.Bind(1, done.Item.Sequence).Bind(2, _epoch), done.Item, "leased").First;
            _attempts.Forget(done.Item);
            if (done.Item.Again is { } again)
            {
                _refetches.Replace(done, attempt);
                if (again.BodySha256.AsSpan().SequenceEqual(done.BodySha256))
                    unchanged++;
                else
                    changed++;
            }
            else if (Record(done, attempt))
            {
                recorded++;
            }
            else
            {
                caught++;
            }

            bytes += done.Document.WireBytes;
            askedAgain += AskedAgain(done.Item);
        }

        foreach (var done in group)
        {
            if (done.Item.Found is { } found)
                _found.Append(found);
            _books.Move(done.Item, Tally.Leased);
        }

        _tail.Bind(1, tail.Segment).Bind(2, tail.End).Run();
        _books.Add(Tally.Done, recorded + caught);
        _books.Add(Tally.Recorded, recorded);
        _books.Add(Tally.Caught, caught);
        _books.Add(Tally.Changed, changed);
        _books.Add(Tally.Unchanged, unchanged);
        _books.Add(Tally.Retries, askedAgain);
        _books.Add(Tally.BytesFetched, bytes);
        return new Completed(recorded, changed + unchanged);
    }

    /// <summary>Of a document that was asked for again: its host says that it is what it was.</summary>
    public bool Confirm(WorkItem item, Confirmation confirmed)
    {
        Edge(_leave.Bind(1, item.Sequence).Bind(2, _epoch), item, "leased");
        _refetches.Confirm(item, confirmed);
        _books.Move(item, Tally.Leased);
        _books.Add(Tally.Retries, AskedAgain(item));
        return true;
    }

    /// <returns>The item's attempts and deferrals from now on.</returns>
    public (int Attempt, int Deferrals) Retry(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt)
    {
        var edge = _retry.Bind(1, item.Sequence).Bind(2, _epoch).Bind(3, countsAsAttempt ? 0 : 1).Bind(4, dueAt.ToUnixTimeMilliseconds()).Bind(5, reason.Name).Bind(6, detail).Bind(7, item.SentAt != 0 ? 1 : 0);
        var (attempt, deferrals) = Edge(edge, item, "leased", columns: 2);
        _attempts.Note(item, reason, detail);
        _books.Move(item, Tally.Leased, Tally.Queued);
        _books.Add(Tally.Retries, AskedAgain(item));
        return ((int)attempt, (int)deferrals);
    }

    /// <returns>The item's attempts from now on.</returns>
    public int Release(WorkItem item)
    {
        var attempt = Edge(_release.Bind(1, item.Sequence).Bind(2, _epoch), item, "leased").First;
        _books.Move(item, Tally.Leased, Tally.Queued);
        return (int)attempt;
    }

    /// <summary>Gives an item up; a document that was asked for again stays what it is.</summary>
    public bool DeadLetter(WorkItem item, Reason reason, string detail)
    {
        var attempt = Edge(_leave.Bind(1, item.Sequence).Bind(2, _epoch), item, "leased").First;
        _books.Move(item, Tally.Leased);
        _books.Add(Tally.Retries, AskedAgain(item));
        if (item.Again is not null)
        {
            _refetches.Fail(item, reason);
            return true;
        }

        _bury.Bind(1, item.Sequence).Bind(2, ContentId.ToHex(item.ContentId)).Bind(3, item.Url).Bind(4, detail.Length > 0 ? detail : reason.Name).Bind(5, reason.Name)
            .Bind(6, attempt).Bind(7, _time.GetUtcNow().ToUnixTimeMilliseconds()).Bind(8, detail).Bind(9, item.Source).Bind(10, item.Ruleset).Run();
        _attempts.Note(item, reason, detail);
        _books.Dead.Add(reason);
        return true;
    }

    /// <summary>A retry is a request for a URL that was requested before, not a wait that nothing was sent for.</summary>
    internal static int AskedAgain(WorkItem item) => item.SentAt != 0 && item.Requests > 0 ? 1 : 0;

    private bool Record(CompletedDocument done, long attempt)
    {
        var (item, document) = (done.Item, done.Document);
        _record.Bind(1, ContentId.ToHex(item.ContentId)).Bind(2, item.Url).Bind(3, SchemeOf(item.Url)).Bind(4, item.HostKey)
            .Bind(5, ProcessingStrategies.NameOf(item.Strategy)).Bind(6, document.FinalUrl).Bind(7, document.Status).Bind(8, document.ContentType).Bind(9, document.ETag);
        if (document.LastModified is { } modified)
            _record.Bind(10, modified.ToUnixTimeMilliseconds());
        else
            _record.BindNull(10);
        _record.BindBlob(11, done.BodySha256).Bind(12, done.Place.Segment).Bind(13, done.Place.Offset).Bind(14, done.Place.Length)
            .Bind(15, document.FetchedAt.ToUnixTimeMilliseconds()).Bind(16, item.AdmittedAt.ToUnixTimeMilliseconds()).Bind(17, item.Source).Bind(18, attempt).Bind(19, item.Sequence).Bind(20, item.Ruleset)
            .Bind(21, (long)document.Elapsed.TotalMilliseconds).Bind(22, document.WireBytes).Bind(23, done.Exchange.Segment).Bind(24, done.Exchange.Offset).Bind(25, done.Exchange.Length).Run();
        return _connection.Changes == 1;
    }

    /// <summary>Only http and https are ever fetched, and a line may do without either.</summary>
    private static string SchemeOf(string url) => url.AsSpan().TrimStart().StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "https" : "http";

    /// <summary>Runs one compare-and-set and reads what it returns.</summary>
    internal static (long First, long Second) Edge(SqlStatement statement, WorkItem item, string expected, int columns = 1)
    {
        var isSet = statement.Step();
        var first = isSet ? statement.Int64(0) : 0;
        var second = isSet && columns > 1 ? statement.Int64(1) : 0;
        while (isSet && statement.Step())
        {
            // A RETURNING statement has done its work at the first row; it is stepped to its end all the same.
        }

        statement.Reset();
        return isSet ? (first, second) : throw new InvalidOperationException($"Item {item.Sequence} is not {expected} here: its edge was refused.");
    }
}

/// <summary>What a group of completed documents has left.</summary>
/// <param name="Recorded">Documents of URLs that had none.</param>
/// <param name="Replaced">Documents that were asked for again, and are others now.</param>
internal readonly record struct Completed(int Recorded, int Replaced);
