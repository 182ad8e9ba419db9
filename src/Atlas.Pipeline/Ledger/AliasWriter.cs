using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>The edges of an item whose host has sent us elsewhere: to another spelling of its resource, or to another resource, of which it is an alias then. The writer's thread alone.</summary>
/// <remarks>Aliases lead to an end: one that would close a circle is not written. As all are written by one thread, two items that lead to each other cannot both become aliases.</remarks>
internal sealed class AliasWriter
{
    private readonly BooksCounter _books;
    private readonly AdmissionWriter _admission;
    private readonly RefetchWriter _refetches;
    private readonly TimeProvider _time;
    private readonly long _epoch;
    private readonly SqlStatement _ask, _leave, _record, _next;

    /// <param name="admission">Admits the targets that are new.</param>
    /// <param name="refetches">Ends what was asked for again.</param>
    /// <param name="epoch">As for <see cref="WorkWriter"/>.</param>
    public AliasWriter(SqlConnection connection, BooksCounter books, AdmissionWriter admission, RefetchWriter refetches, TimeProvider time, long epoch)
    {
        (_books, _admission, _refetches, _time, _epoch) = (books, admission, refetches, time, epoch);
        _ask = connection.Prepare("""
            UPDATE work SET state = 'queued', lost = 0, attempt = attempt - 1, redirects = redirects + 1, asks = ?3, due_at = 0
            WHERE seq = ?1 AND state = 'leased' AND epoch = ?2 RETURNING attempt
            """);
        _leave = connection.Prepare("DELETE FROM work WHERE seq = ?1 AND state = 'leased' AND epoch = ?2 RETURNING attempt");
        _record = connection.Prepare("""
            INSERT INTO aliases(seq, content_id, source_url, target_id, target_url, brought, redirects, attempts, answered_at, ruleset_version)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """);
        _next = connection.Prepare("SELECT target_id FROM aliases WHERE content_id = ?1");
    }

    /// <returns>The item's attempts from now on.</returns>
    public long AskAgain(WorkItem item, string url)
    {
        var attempt = WorkWriter.Edge(_ask.Bind(1, item.Sequence).Bind(2, _epoch).Bind(3, url), item, "leased").First;
        _books.Move(item, Tally.Leased, Tally.Queued);
        _books.Add(Tally.Retries, WorkWriter.AskedAgain(item));
        return attempt;
    }

    /// <summary>See <see cref="ILedger.AliasAsync"/>.</summary>
    public bool Record(WorkItem item, AliasTarget target, int redirects, UrlBatch? admits)
    {
        if (LeadsTo(ContentId.ToHex(target.ContentId), ContentId.ToHex(item.ContentId)))
            return false;

        // What may be refused comes first: the books are not rolled back with a command.
        var attempt = WorkWriter.Edge(_leave.Bind(1, item.Sequence).Bind(2, _epoch), item, "leased").First;
        _books.Move(item, Tally.Leased);
        _books.Add(Tally.Retries, WorkWriter.AskedAgain(item));
        if (item.Again is not null)
        {
            // The document is still what we have of its URL, and where it has moved to is another one.
            if (admits is not null)
                Admit(admits);
            _refetches.Fail(item, Reason.Moved);
            return true;
        }

        _record.Bind(1, item.Sequence).Bind(2, ContentId.ToHex(item.ContentId)).Bind(3, item.Url).Bind(4, ContentId.ToHex(target.ContentId)).Bind(5, target.Url)
            .Bind(7, redirects).Bind(8, attempt).Bind(9, _time.GetUtcNow().ToUnixTimeMilliseconds()).Bind(10, item.Ruleset);
        if (admits is null)
            _record.BindNull(6);
        else
            _record.Bind(6, Admit(admits));
        _record.Run();
        _books.Add(Tally.Done, 1);
        _books.Add(Tally.Aliases, 1);
        return true;
    }

    /// <returns>The row's number.</returns>
    private long Admit(UrlBatch target)
    {
        _admission.Write(target);
        _books.Add(Tally.RedirectTargets, 1);
        return _books.LastSequence;
    }

    private bool LeadsTo(string from, string to)
    {
        for (var at = from; at.Length > 0; at = NextOf(at))
        {
            if (at == to)
                return true;
        }

        return false;
    }

    private string NextOf(string id)
    {
        var next = _next.Bind(1, id).Step() ? _next.Text(0) : "";
        _next.Reset();
        return next;
    }
}
