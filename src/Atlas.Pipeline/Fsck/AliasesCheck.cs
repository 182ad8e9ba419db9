using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether every alias is an admitted URL and leads to one that is none, by way of others or not.</summary>
internal static class AliasesCheck
{
    /// <summary>Aliases that are queued again in one repair; there is no known way to come to even one.</summary>
    private const int Most = 10_000;

    /// <summary>Of an alias: the row that it says was admitted for it is none of its target's.</summary>
    private static readonly string BroughtNothing = "r.brought IS NOT NULL AND " + string.Join(" AND ", Enumerable.Range(0, PriorityClasses.Count).Select(priority =>
        $"NOT EXISTS(SELECT 1 FROM {LedgerSchema.QueueOf(priority)} q WHERE q.seq = r.brought AND lower(hex(substr(q.packed, 1, 16))) = r.target_id)"));

    /// <param name="examination">The state.</param>
    /// <param name="rows">The keys of all rows.</param>
    /// <param name="targets">Takes the keys that aliases lead to.</param>
    public static void Run(Examination examination, KeyPartitions rows, KeyPartitions targets)
    {
        examination.Progress.Begin("following aliases", 0);
        CheckRows(examination);
        var aliases = examination.Ledger.Prepare("SELECT seq, target_id FROM aliases");
        var broken = new List<long>();
        while (aliases.Step())
        {
            if (UInt128.TryParse(aliases.Text(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var target))
                targets.Add(target, aliases.Int64(0));
            else
                broken.Add(aliases.Int64(0));
        }

        aliases.Reset();
        for (var part = 0; targets.Count > 0 && part < KeyPartitions.Parts; part++)
            AddMissing(broken, targets.Sorted(part), rows.Sorted(part));
        QueueAgain(examination, "aliases lead to a URL that was never admitted", broken);
        QueueAgain(examination, "aliases lead in a circle, to no document", Circles(examination));
    }

    private static void CheckRows(Examination examination)
    {
        var other = WorkCheck.Count(examination, $"FROM aliases r WHERE {WorkCheck.NotAsQueued} AND NOT ({WorkCheck.NoQueueRow})");
        if (other.Count > 0)
            examination.Damage("ledger", "aliases have another URL or content id than the row they were made from", $"aliases.seq {other.First}", other.Count, "The text of one of the two was damaged: put a copy of ledger.db back.");
        var strange = WorkCheck.Count(examination, $"FROM aliases r WHERE {BroughtNothing}");
        if (strange.Count > 0)
        {
            examination.Repairable("ledger", "aliases have brought rows that are not their target's", $"aliases.seq {strange.First}", strange.Count, "--repair forgets that they have: it is known by which redirects in a row are counted.",
                () => examination.InTransaction(() => examination.Ledger.Execute($"UPDATE aliases AS r SET brought = NULL WHERE {BroughtNothing}")));
        }

        var lost = WorkCheck.Count(examination, $"FROM aliases r WHERE {WorkCheck.NoQueueRow}");
        if (lost.Count > 0)
            examination.Damage("ledger", "aliases stand for no admitted URL", $"aliases.seq {lost.First}", lost.Count, "The rows they were made from are lost; the URLs are in the aliases. Put a copy of ledger.db back.");
    }

    /// <summary>Both sorted by key.</summary>
    private static void AddMissing(List<long> broken, ReadOnlySpan<NumberedKey> targets, ReadOnlySpan<NumberedKey> rows)
    {
        var row = 0;
        foreach (var target in targets)
        {
            while (row < rows.Length && rows[row].Key < target.Key)
                row++;
            if (row == rows.Length || rows[row].Key != target.Key)
                broken.Add(target.Number);
        }
    }

    /// <summary>Of each circle one alias. Only those that lead to aliases are followed: most lead to a document.</summary>
    private static List<long> Circles(Examination examination)
    {
        var starts = examination.Ledger.Prepare("SELECT a.content_id FROM aliases a WHERE EXISTS(SELECT 1 FROM aliases b WHERE b.content_id = a.target_id)");
        var next = examination.Ledger.Prepare("SELECT target_id, seq FROM aliases WHERE content_id = ?1");
        var circles = new List<long>();
        var followed = new HashSet<string>(StringComparer.Ordinal);
        while (starts.Step())
        {
            var way = new Dictionary<string, long>(StringComparer.Ordinal);
            var at = starts.Text(0);
            while (followed.Add(at) && next.Bind(1, at).Step())
            {
                way[at] = next.Int64(1);
                at = next.Text(0);
                next.Reset();
            }

            next.Reset();
            if (way.TryGetValue(at, out var closing))
                circles.Add(closing);
        }

        starts.Reset();
        return circles;
    }

    private static void QueueAgain(Examination examination, string what, List<long> sequences)
    {
        if (sequences.Count == 0)
            return;
        examination.Repairable("ledger", what, string.Create(CultureInfo.InvariantCulture, $"aliases.seq {sequences.Min()}"), sequences.Count, "--repair queues them again.", () =>
        {
            foreach (var sequence in sequences.Take(Most))
                Requeue.Alias(examination, sequence);
        });
    }
}
