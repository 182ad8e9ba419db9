using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Takes a document back: its URL is queued again, its record goes, and the counters move with them, in one transaction.</summary>
internal static class Requeue
{
    /// <summary>False when the document's row is not in any queue: then nothing was changed.</summary>
    public static bool Document(Examination examination, long id, long sequence)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            if (examination.Ledger.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {LedgerSchema.QueueOf(priority)} WHERE seq = {sequence}")) == 0)
                continue;
            var isInWork = examination.Ledger.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM work WHERE seq = {sequence}")) > 0;
            examination.InTransaction(() =>
            {
                examination.Ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                    DELETE FROM content_metadata WHERE id = {id};
                    INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch, detail) VALUES({sequence}, {priority}, 'queued', 0, 0, 0, 0, 0, 'its body was gone or damaged') ON CONFLICT DO NOTHING
                    """));
                examination.AddToCounter("done", -1);
                examination.AddToCounter("recorded", -1);
                examination.AddToCounter("queued", isInWork ? 0 : 1);
            });
            return true;
        }

        return false;
    }
}
