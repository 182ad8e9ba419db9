using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Reads work items from rows of the queues: of columns <c>seq, url, packed</c>, and behind them, of a row that was taken before, <c>attempt, deferrals, due_at, lost, requests, redirects, asks</c>, and the document that is asked for again.</summary>
internal static class QueueRow
{
    public const string Columns = "q.seq, q.url, q.packed";

    /// <summary>Of <see cref="TakenFrom"/>.</summary>
    public const string TakenColumns = Columns + ", w.attempt, w.deferrals, w.due_at, w.lost, w.requests, w.redirects, w.asks, coalesce(m.id, 0), m.final_url, coalesce(m.etag, ''), m.last_modified IS NOT NULL, coalesce(m.last_modified, 0), m.body_sha256";

    /// <summary>Rows of work with those of a queue. Of a URL that is fetched for the first time no document is looked for.</summary>
    public static string TakenFrom(string queue) => $"work w JOIN {queue} q ON q.seq = w.seq LEFT JOIN content_metadata m ON m.id = w.document";

    /// <summary>An item that nothing has happened to yet.</summary>
    public static WorkItem Fresh(SqlStatement row, PriorityClass priority, Sources sources) => Of(row, priority, sources, redirects: 0, asks: null, again: null);

    /// <summary>An item whose document is asked for again, and that nothing else has happened to yet.</summary>
    public static WorkItem Again(SqlStatement row, PriorityClass priority, Sources sources, KnownDocument document) => Of(row, priority, sources, redirects: 0, asks: null, document);

    private static WorkItem Of(SqlStatement row, PriorityClass priority, Sources sources, int redirects, string? asks, KnownDocument? again)
    {
        var url = row.Bytes(1);
        var packed = PackedRow.Read(row.Bytes(2));
        return new WorkItem
        {
            Sequence = row.Int64(0),
            ContentId = packed.ContentId,
            Url = Encoding.UTF8.GetString(url),
            HostKey = HostKey.Of(asks is null ? url : Encoding.UTF8.GetBytes(asks)),
            Asks = asks,
            Redirects = redirects,
            Priority = priority,
            Strategy = packed.Strategy,
            Source = sources.NameOf(packed.Source),
            AdmittedAt = DateTimeOffset.FromUnixTimeMilliseconds(packed.CreatedAt),
            Depth = packed.Depth,
            Ruleset = packed.Ruleset,
            Again = again,
        };
    }

    /// <summary>An item with what has become of it so far.</summary>
    public static WorkItem Taken(SqlStatement row, PriorityClass priority, Sources sources)
    {
        var item = Of(row, priority, sources, (int)row.Int64(8), row.Text(9) is { Length: > 0 } asks ? asks : null, KnownBy(row));
        item.Attempt = (int)row.Int64(3);
        item.Deferrals = (int)row.Int64(4);
        item.DueAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(5));
        item.Lost = (int)row.Int64(6);
        item.Requests = (int)row.Int64(7);
        return item;
    }

    /// <summary>A time behind a column that says whether there is one.</summary>
    public static DateTimeOffset? TimeOrNull(SqlStatement row, int column) => row.Int64(column) != 0 ? DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(column + 1)) : null;

    private static KnownDocument? KnownBy(SqlStatement row) =>
        row.Int64(10) is var id and not 0 ? new KnownDocument(id, row.Text(11), row.Text(12) is { Length: > 0 } etag ? etag : null, TimeOrNull(row, 13), row.Bytes(15).ToArray()) : null;
}
