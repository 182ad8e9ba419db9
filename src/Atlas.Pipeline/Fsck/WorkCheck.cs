using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether every admitted row is in exactly one place, and what refers to a row has one.</summary>
internal static class WorkCheck
{
    /// <summary>A row that was made from a queue's row has its number, its content id and its URL.</summary>
    internal static readonly string NotAsQueued = string.Join(" AND ", Enumerable.Range(0, PriorityClasses.Count).Select(priority =>
        $"NOT EXISTS(SELECT 1 FROM {LedgerSchema.QueueOf(priority)} q WHERE q.seq = r.seq AND lower(hex(substr(q.packed, 1, 16))) = r.content_id AND q.url = CAST(r.source_url AS TEXT))"));

    internal static readonly string NoQueueRow = string.Join(" AND ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => $"NOT EXISTS(SELECT 1 FROM {LedgerSchema.QueueOf(priority)} q WHERE q.seq = r.seq)"));

    public static void Run(Examination examination)
    {
        var ledger = examination.Ledger;
        examination.Progress.Begin("checking what refers to the queue", 0);

        var homeless = Count(examination, $"FROM work r WHERE {OfNoClass()}");
        if (homeless.Count > 0)
        {
            examination.Repairable("ledger", "rows of work stand for no row of their queue", $"work.seq {homeless.First}", homeless.Count, "--repair takes them out of work; their URLs, if they had any, are lost: feed their list again.",
                () => examination.InTransaction(() => ledger.Execute($"DELETE FROM work AS r WHERE {OfNoClass()}")));
        }

        var twice = Count(examination, $"FROM work r WHERE {IsOver()}");
        if (twice.Count > 0)
        {
            examination.Repairable("ledger", "rows stand in work that are done, dead or an alias", $"work.seq {twice.First}", twice.Count, "--repair takes them out of work.",
                () => examination.InTransaction(() => ledger.Execute($"DELETE FROM work AS r WHERE {IsOver()}")));
        }

        RefetchCheck.Run(examination);
        CheckStranded(examination);
        CheckDocuments(examination);
        CheckDeadLetters(examination);
    }

    /// <summary>Looked for row by row only if the counts of rows say that there are any.</summary>
    private static void CheckStranded(Examination examination)
    {
        var ledger = examination.Ledger;
        long taken = 0;
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            taken += ledger.Scalar($"SELECT count(*) FROM {LedgerSchema.QueueOf(priority)} WHERE seq <= {CursorOf(priority)}");
        var settled = ledger.Scalar("SELECT count(*) FROM work WHERE document IS NULL") + ledger.Scalar("SELECT count(*) FROM content_metadata") + examination.Counter("caught")
            + ledger.Scalar("SELECT count(*) FROM dead") + ledger.Scalar("SELECT count(*) FROM purged") + ledger.Scalar("SELECT count(*) FROM aliases");
        if (taken == settled)
            return;

        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            var stranded = $"FROM {queue} r WHERE r.seq <= {CursorOf(priority)} AND NOT EXISTS(SELECT 1 FROM work w WHERE w.seq = r.seq) AND NOT ({IsSettled()})";
            var found = Count(examination, stranded);
            if (found.Count == 0)
                continue;
            var insert = string.Create(CultureInfo.InvariantCulture, $"INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch) SELECT r.seq, {priority}, 'queued', 0, 0, 0, 0, 0 {stranded}");
            examination.Repairable("ledger", "admitted URLs are neither queued nor done, dead or an alias", $"{queue}.seq {found.First}", found.Count, "--repair queues them again.",
                () => examination.InTransaction(() => ledger.Execute(insert)));
        }
    }

    private static void CheckDocuments(Examination examination)
    {
        var other = Count(examination, $"FROM content_metadata r WHERE {NotAsQueued} AND NOT ({NoQueueRow})");
        if (other.Count > 0)
            examination.Damage("ledger", "documents have another URL or content id than the row they were made from", $"content_metadata.seq {other.First}", other.Count, "The text of one of the two was damaged: put a copy of ledger.db back.");
        var found = Count(examination, $"FROM content_metadata r WHERE {NoQueueRow}");
        if (found.Count > 0)
            examination.Damage("ledger", "documents stand for no admitted URL", $"content_metadata.seq {found.First}", found.Count, "The rows they were made from are lost, and the books do not balance; the documents themselves are whole. Put a copy of ledger.db back.");
    }

    private static void CheckDeadLetters(Examination examination)
    {
        var broken = Count(examination, "FROM dead r WHERE length(r.content_id) <> 32 OR r.content_id GLOB '*[^0-9a-f]*'");
        if (broken.Count > 0)
            examination.Damage("ledger", "dead letters make no sense", $"dead.seq {broken.First}", broken.Count, "Put a copy of ledger.db back, or delete these rows by hand.");

        var other = Count(examination, $"FROM dead r WHERE {NotAsQueued} AND NOT ({NoQueueRow})");
        if (other.Count > 0)
            examination.Damage("ledger", "dead letters have another URL or content id than the row they were made from", $"dead.seq {other.First}", other.Count, "The text of one of the two was damaged: put a copy of ledger.db back.");
        var lost = Count(examination, $"FROM dead r WHERE {NoQueueRow}");
        if (lost.Count > 0)
            examination.Damage("ledger", "dead letters stand for no admitted URL", $"dead.seq {lost.First}", lost.Count, "The rows they were made from are lost; the URLs are in the dead letters. Put a copy of ledger.db back.");

        var reasons = examination.Ledger.Prepare("SELECT failure_classification, count(*), min(seq) FROM dead GROUP BY failure_classification");
        while (reasons.Step())
        {
            if (!Reason.TryParse(reasons.Text(0), out _))
                examination.Damage("ledger", $"dead letters have a reason that there is not: {reasons.Text(0)}", $"dead.seq {reasons.Int64(2)}", reasons.Int64(1), "They were written by another version of the program, or are damaged: put a copy of ledger.db back.");
        }

        reasons.Reset();
    }

    internal static (long Count, long First) Count(Examination examination, string fromWhere)
    {
        var count = examination.Ledger.Scalar($"SELECT count(*) {fromWhere}");
        return (count, count == 0 ? 0 : examination.Ledger.Scalar($"SELECT min(r.seq) {fromWhere}"));
    }

    /// <summary>A row of work whose class has no such row, or has not handed it out yet.</summary>
    private static string OfNoClass() => "NOT (" + string.Join(" OR ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => string.Create(CultureInfo.InvariantCulture,
        $"(r.class = {priority} AND r.seq <= {CursorOf(priority)} AND EXISTS(SELECT 1 FROM {LedgerSchema.QueueOf(priority)} q WHERE q.seq = r.seq))"))) + ")";

    private static string IsOver() => "EXISTS(SELECT 1 FROM dead d WHERE d.seq = r.seq) OR EXISTS(SELECT 1 FROM purged p WHERE p.seq = r.seq) OR EXISTS(SELECT 1 FROM aliases a WHERE a.seq = r.seq) OR r.document IS NULL AND (" + string.Join(" OR ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => string.Create(CultureInfo.InvariantCulture,
        $"(r.class = {priority} AND EXISTS(SELECT 1 FROM {LedgerSchema.QueueOf(priority)} q JOIN content_metadata m ON m.content_id = lower(hex(substr(q.packed, 1, 16))) WHERE q.seq = r.seq AND m.seq = r.seq))"))) + ")";

    /// <summary>Of a queue's row: dead, an alias, or its content id is recorded, by itself or by a twin.</summary>
    private static string IsSettled() =>
        "EXISTS(SELECT 1 FROM dead d WHERE d.seq = r.seq) OR EXISTS(SELECT 1 FROM purged p WHERE p.seq = r.seq) OR EXISTS(SELECT 1 FROM aliases a WHERE a.seq = r.seq) OR EXISTS(SELECT 1 FROM content_metadata m WHERE m.content_id = lower(hex(substr(r.packed, 1, 16))))";

    private static string CursorOf(int priority) => string.Create(CultureInfo.InvariantCulture, $"(SELECT seq FROM cursors WHERE class = {priority})");
}
