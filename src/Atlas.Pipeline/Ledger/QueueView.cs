using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>The roadmap's <c>processing_queue</c>, as a view over the tables that stand for it: what is admitted and not finished. For people, not for the engine.</summary>
internal static class QueueView
{
    public static string Sql() =>
        "CREATE VIEW processing_queue(content_id, source_url, status, processing_strategy, priority, created_at, retry_count, next_retry_at, ruleset_version) AS\n"
        + string.Join("\nUNION ALL\n", Enumerable.Range(0, PriorityClasses.Count).Select(OfClass)) + ";";

    private static string OfClass(int priority)
    {
        var queue = LedgerSchema.QueueOf(priority);
        var roadmap = PriorityClasses.RoadmapValueOf((PriorityClass)priority);
        var columns = $"lower(hex(substr(q.packed, 1, 16))), q.url, {{0}}, {StrategyName()}, {roadmap}, {CreatedAt()}";
        var waiting = string.Format(CultureInfo.InvariantCulture, columns, "'queued'");
        var taken = string.Format(CultureInfo.InvariantCulture, columns, "w.state");
        return $"SELECT {waiting}, 0, NULL, {RulesetVersion()} FROM {queue} q WHERE q.seq > (SELECT seq FROM cursors WHERE class = {priority})\n"
            + $"UNION ALL SELECT {taken}, w.attempt, CASE WHEN w.due_at > 0 THEN w.due_at END, {RulesetVersion()} FROM work w JOIN {queue} q ON q.seq = w.seq WHERE w.class = {priority}";
    }

    private static string StrategyName() =>
        "CASE hex(substr(q.packed, 17, 1)) "
        + string.Concat(ProcessingStrategies.Names.Select((name, value) => $"WHEN '{value:X2}' THEN '{name}' ")) + "END";

    /// <summary>The last byte of the row.</summary>
    private static string RulesetVersion() => Number(PackedRow.Size, 1);

    /// <summary>Unix milliseconds from the big-endian bytes 18 to 25, of which the low six hold all there is.</summary>
    private static string CreatedAt() => Number(20, 6);

    /// <summary>The number that some bytes of the row are; SQL has no function for it, so digit by digit.</summary>
    private static string Number(int start, int bytes) =>
        string.Join(" + ", Enumerable.Range(0, 2 * bytes).Select(digit =>
            $"((instr('0123456789ABCDEF', substr(hex(substr(q.packed, {start}, {bytes})), {digit + 1}, 1)) - 1) << {(2 * bytes - 1 - digit) * 4})"));
}
