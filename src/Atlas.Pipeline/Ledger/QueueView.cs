using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>The roadmap's <c>processing_queue</c>, as a view over the tables that stand for it: what is admitted and not finished; a document that is asked for again is finished, and not in it. For people, not for the engine.</summary>
internal static class QueueView
{
    private const string Packed = "q.packed";

    public static string Sql() =>
        "CREATE VIEW processing_queue(content_id, source_url, status, processing_strategy, priority, created_at, retry_count, next_retry_at, ruleset_version) AS\n"
        + $"SELECT {PackedSql.ContentId(Packed)}, q.url, q.status, {StrategyName()}, q.priority, {PackedSql.Time(Packed, 17)}, q.attempt, CASE WHEN q.due_at > 0 THEN q.due_at END, {RulesetVersion()} FROM (\n"
        + string.Join("\nUNION ALL\n", Enumerable.Range(0, PriorityClasses.Count).Select(OfLevel)) + ") q;";

    private static string OfLevel(int priority)
    {
        var queue = LedgerSchema.QueueOf(priority);
        var roadmap = PriorityClasses.RoadmapValueOf((PriorityClass)priority);
        return string.Create(CultureInfo.InvariantCulture, $"""
            SELECT b.url AS url, b.packed AS packed, 'queued' AS status, {roadmap} AS priority, 0 AS attempt, 0 AS due_at FROM {queue} b WHERE b.seq > (SELECT seq FROM cursors WHERE class = {priority})
            UNION ALL SELECT t.url, t.packed, w.state, {roadmap}, w.attempt, w.due_at FROM work w JOIN {queue} t ON t.seq = w.seq WHERE w.class = {priority} AND w.document IS NULL
            """);
    }

    private static string StrategyName() =>
        $"CASE {PackedSql.Hex(Packed, 16, 1)} "
        + string.Concat(ProcessingStrategies.Names.Select((name, value) => $"WHEN '{value:X2}' THEN '{name}' ")) + "END";

    private static string RulesetVersion() => PackedSql.Number(Packed, PackedRow.Size - 1, 1);
}
