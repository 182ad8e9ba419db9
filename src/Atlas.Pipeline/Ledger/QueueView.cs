using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>The roadmap's <c>processing_queue</c>, as a view over the tables that stand for it: what is admitted and not finished. For people, not for the engine.</summary>
internal static class QueueView
{
    private const string Packed = "q.packed";

    public static string Sql() =>
        "CREATE VIEW processing_queue(content_id, source_url, status, processing_strategy, priority, created_at, retry_count, next_retry_at, ruleset_version) AS\n"
        + string.Join("\nUNION ALL\n", Enumerable.Range(0, PriorityClasses.Count).Select(OfClass)) + ";";

    private static string OfClass(int priority)
    {
        var queue = LedgerSchema.QueueOf(priority);
        var roadmap = PriorityClasses.RoadmapValueOf((PriorityClass)priority);
        var columns = $"{PackedSql.ContentId(Packed)}, q.url, {{0}}, {StrategyName()}, {roadmap}, {PackedSql.Time(Packed, 17)}";
        var waiting = string.Format(CultureInfo.InvariantCulture, columns, "'queued'");
        var taken = string.Format(CultureInfo.InvariantCulture, columns, "w.state");
        return $"SELECT {waiting}, 0, NULL, {RulesetVersion()} FROM {queue} q WHERE q.seq > (SELECT seq FROM cursors WHERE class = {priority})\n"
            + $"UNION ALL SELECT {taken}, w.attempt, CASE WHEN w.due_at > 0 THEN w.due_at END, {RulesetVersion()} FROM work w JOIN {queue} q ON q.seq = w.seq WHERE w.class = {priority}";
    }

    private static string StrategyName() =>
        $"CASE {PackedSql.Hex(Packed, 16, 1)} "
        + string.Concat(ProcessingStrategies.Names.Select((name, value) => $"WHEN '{value:X2}' THEN '{name}' ")) + "END";

    private static string RulesetVersion() => PackedSql.Number(Packed, PackedRow.Size - 1, 1);
}
