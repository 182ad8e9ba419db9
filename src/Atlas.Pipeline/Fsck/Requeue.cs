using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Takes an end back: its URL is queued again, its record goes, and the counters move with them, in one transaction.</summary>
internal static class Requeue
{
    /// <summary>False when the document's row is not in any queue: then nothing was changed.</summary>
    public static bool Document(Examination examination, long id, long sequence) =>
        Again(examination, sequence, string.Create(CultureInfo.InvariantCulture, $"content_metadata WHERE id = {id}"), "recorded", "its body was gone or damaged");

    /// <summary>The same for an alias.</summary>
    public static bool Alias(Examination examination, long sequence) =>
        Again(examination, sequence, string.Create(CultureInfo.InvariantCulture, $"aliases WHERE seq = {sequence}"), "aliases", "what it was an alias of was nowhere");

    private static bool Again(Examination examination, long sequence, string record, string counter, string why)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            if (examination.Ledger.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {LedgerSchema.QueueOf(priority)} WHERE seq = {sequence}")) == 0)
                continue;
            var isInWork = examination.Ledger.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM work WHERE seq = {sequence}")) > 0;
            examination.InTransaction(() =>
            {
                examination.Ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                    DELETE FROM {record};
                    INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch, detail) VALUES({sequence}, {priority}, 'queued', 0, 0, 0, 0, 0, '{why}') ON CONFLICT DO NOTHING
                    """));
                examination.AddToCounter("done", -1);
                examination.AddToCounter(counter, -1);
                examination.AddToCounter("queued", isInWork ? 0 : 1);
            });
            return true;
        }

        return false;
    }
}
