using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>What becomes of rows whose key an earlier row has: an admitted one that nobody has begun counts as the duplicate it is.</summary>
internal static class DoubledRows
{
    /// <summary>Rows that are settled in one repair; there is no known way to come to even one.</summary>
    public const int Most = 10_000;

    public static void Settle(Examination examination, IReadOnlyList<long> rows, long count)
    {
        var first = string.Create(CultureInfo.InvariantCulture, $"row {rows[0]}");
        if (!examination.Repairs)
        {
            examination.Damage("ledger", "rows have the key of an earlier one", first, count, "--repair counts those that still wait as duplicates; the others have been fetched or refused, and stay.");
            return;
        }

        long settled = 0;
        foreach (var row in rows)
            settled += Settle(examination, row) ? 1 : 0;
        examination.Repairable("ledger", "rows had the key of an earlier one and waited", first, settled, "They count as duplicates.", () => { });
        if (rows.Count > settled)
            examination.Note("ledger", "rows have the key of an earlier one", first, rows.Count - settled, "They were fetched or refused before: nothing is lost, nothing to do.");
        if (count > rows.Count)
            examination.Damage("ledger", "more rows have the key of an earlier one than one repair looks at", first, count - rows.Count, "Repair again.");
    }

    private static bool Settle(Examination examination, long row)
    {
        var ledger = examination.Ledger;
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            if (Exists($"{queue} WHERE seq = {row}"))
            {
                var isBacklog = Exists($"cursors WHERE class = {priority} AND seq < {row}");
                if (!isBacklog && !Exists($"work WHERE seq = {row} AND document IS NULL"))
                    return false;
                var isLeased = Exists($"work WHERE seq = {row} AND state = 'leased'");
                examination.InTransaction(() =>
                {
                    ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM work WHERE seq = {row}; DELETE FROM {queue} WHERE seq = {row}"));
                    examination.AddToCounter("admitted", -1);
                    examination.AddToCounter(isLeased ? "leased" : "queued", -1);
                    examination.AddToCounter("duplicates", 1);
                    examination.AddToCounter(LettersCheck.Settled, 1);
                    if (isBacklog)
                        examination.AddToCounter("backlog", -1);
                });
                return true;
            }
        }

        return false;

        bool Exists(string fromWhere) => ledger.Scalar($"SELECT count(*) FROM {fromWhere}") > 0;
    }
}
