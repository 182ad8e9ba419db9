using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Dead letters of a migration that are not there any more: an operator has purged or replayed them, which the ledger remembers, or somebody has deleted them behind its back.</summary>
internal static class LettersSince
{
    /// <param name="ledger">That they were in.</param>
    /// <param name="report">Is told how many went by which act, and of each that went by none.</param>
    /// <param name="missing">Resources by the sequence numbers of their letters. Is emptied of those that are accounted for.</param>
    /// <param name="isAdmitted">Whether a resource is in the queue now.</param>
    /// <param name="isRefused">Whether it is another letter now.</param>
    /// <param name="nameOf">For people.</param>
    public static void Account(SqlConnection ledger, VerifyReport report, Dictionary<long, int> missing, Func<int, bool> isAdmitted, Func<int, bool> isRefused, Func<int, string> nameOf)
    {
        if (missing.Count == 0)
            return;
        long admitted = 0, refused = 0, purged = 0;
        var gone = ledger.Prepare("SELECT seq FROM letters_gone");
        while (gone.Step())
        {
            if (!missing.TryGetValue(gone.Int64(0), out var group))
                continue;
            missing.Remove(gone.Int64(0));
            if (isAdmitted(group))
                admitted++;
            else if (isRefused(group))
                refused++;
            else
                purged++;
        }

        gone.Reset();
        Say("replayed since, and are admitted", admitted, "replay");
        Say("replayed since, and were refused again", refused, "replay");
        Say("purged since", purged, "purge");
        foreach (var (_, group) in missing.OrderBy(letter => letter.Key))
            report.Add("a dead letter is not there, and nobody has purged or replayed it: its row was deleted by hand", nameOf(group));

        void Say(string what, long count, string act)
        {
            if (count > 0)
                report.Since.Add(($"{what}, {ActsOf(ledger, report.Id, act)}", count));
        }
    }

    /// <summary>What operators have done of a kind since the migration. A run deletes what is too old or too much under the name of retention.</summary>
    private static string ActsOf(SqlConnection ledger, string migration, string act)
    {
        const int Most = 3;
        var acts = new List<string>();
        var rows = ledger.Prepare("SELECT at, who, act, filter, count FROM acts WHERE (act = ?1 OR (act = 'retention' AND ?1 = 'purge')) AND id > (SELECT coalesce(max(id), 0) FROM acts WHERE act = 'migration' AND detail LIKE ?2 || ':%') ORDER BY id")
            .Bind(1, act).Bind(2, migration);
        while (rows.Step())
            acts.Add(string.Create(CultureInfo.InvariantCulture, $"{rows.Text(2)} ({(rows.Text(3) is { Length: > 0 } filter ? filter : "all")}) of {rows.Int64(4):N0} by {rows.Text(1)} at {TimeText.Of(DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(0)))}"));
        rows.Reset();
        return acts.Count switch
        {
            0 => "though no act says so",
            <= Most => $"by {string.Join(", ", acts)}",
            _ => string.Create(CultureInfo.InvariantCulture, $"by {string.Join(", ", acts.Take(Most))} and {acts.Count - Most} more (atlas dlq history)"),
        };
    }
}
