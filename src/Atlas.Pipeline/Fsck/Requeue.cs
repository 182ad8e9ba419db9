using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Takes an end back: its URL is queued again, its record goes, and the counters move with them, in one transaction. What asked for the document again asks for it as if there had been none.</summary>
internal static class Requeue
{
    /// <summary>False when the document's row is not in any queue: then nothing was changed.</summary>
    public static bool Document(Examination examination, long id, long sequence)
    {
        // The number of the last document is given again: it must not be one that the cursor has passed.
        var document = string.Create(CultureInfo.InvariantCulture, $"FROM content_metadata WHERE id = {id}");
        var forget = string.Create(CultureInfo.InvariantCulture, $"""
            DELETE FROM checked WHERE document = {id} AND at IN (SELECT fetched_at {document} UNION ALL SELECT checked_at {document} UNION ALL SELECT check_failed_at {document});
            DELETE {document};
            UPDATE meta SET value = min(CAST(value AS INTEGER), (SELECT coalesce(max(id), 0) FROM content_metadata)) WHERE name = '{LedgerSchema.RefetchCursor}'
            """);
        return Again(examination, sequence, forget, "recorded", "its body was gone or damaged");
    }

    /// <summary>The same for an alias.</summary>
    public static bool Alias(Examination examination, long sequence) =>
        Again(examination, sequence, string.Create(CultureInfo.InvariantCulture, $"DELETE FROM aliases WHERE seq = {sequence}"), "aliases", "what it was an alias of was nowhere");

    private static bool Again(Examination examination, long sequence, string forget, string counter, string why)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            if (examination.Ledger.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {LedgerSchema.QueueOf(priority)} WHERE seq = {sequence}")) == 0)
                continue;
            var isInWork = InWork("");
            var isAskedAgain = InWork(" AND document IS NOT NULL");
            examination.InTransaction(() =>
            {
                examination.Ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                    {forget};
                    INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch, detail) VALUES({sequence}, {priority}, 'queued', 0, 0, 0, 0, 0, '{why}') ON CONFLICT(seq) DO UPDATE SET document = NULL, state = 'queued'
                    """));
                examination.AddToCounter("done", -1);
                examination.AddToCounter(counter, -1);
                examination.AddToCounter("queued", isInWork && !isAskedAgain ? 0 : 1);
                examination.AddToCounter("refetching", isAskedAgain ? -1 : 0);
                examination.AddToCounter("refetches", isAskedAgain ? -1 : 0);
            });
            return true;
        }

        return false;

        bool InWork(string and) => examination.Ledger.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM work WHERE seq = {sequence}{and}")) > 0;
    }
}
