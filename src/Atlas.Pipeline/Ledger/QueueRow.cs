using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Reads work items from rows of the queues: of columns <c>seq, url, packed</c>, and behind them, of a row that was taken before, <c>attempt, deferrals, due_at, lost, requests, redirects, asks</c>.</summary>
internal static class QueueRow
{
    public const string Columns = "q.seq, q.url, q.packed";

    public const string TakenColumns = Columns + ", w.attempt, w.deferrals, w.due_at, w.lost, w.requests, w.redirects, w.asks";

    /// <summary>An item that nothing has happened to yet.</summary>
    public static WorkItem Fresh(SqlStatement row, PriorityClass priority, Sources sources) => Of(row, priority, sources, redirects: 0, asks: null);

    private static WorkItem Of(SqlStatement row, PriorityClass priority, Sources sources, int redirects, string? asks)
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
        };
    }

    /// <summary>An item with what has become of it so far.</summary>
    public static WorkItem Taken(SqlStatement row, PriorityClass priority, Sources sources)
    {
        var item = Of(row, priority, sources, (int)row.Int64(8), row.Text(9) is { Length: > 0 } asks ? asks : null);
        item.Attempt = (int)row.Int64(3);
        item.Deferrals = (int)row.Int64(4);
        item.DueAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(5));
        item.Lost = (int)row.Int64(6);
        item.Requests = (int)row.Int64(7);
        return item;
    }
}
