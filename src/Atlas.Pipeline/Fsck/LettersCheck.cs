using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether every refused line is there, or was taken out by a replay or a purge; and whether the lists of replays name what they may.</summary>
internal static class LettersCheck
{
    /// <summary>The counter of numbers whose rows are known to be gone since a repair.</summary>
    public const string Settled = "settled";

    /// <param name="examination">The state.</param>
    /// <param name="admitted">Rows of the queues.</param>
    /// <param name="missing">Numbers without a row, of admitted and refused lines.</param>
    public static void Run(Examination examination, long admitted, MissingNumbers missing)
    {
        // Of admitted rows there is a counter of its own, and another finding.
        var refused = missing.Count - Math.Max(0, examination.Counter("admitted") - admitted) - examination.Counter(Settled);
        if (refused > 0)
        {
            examination.Repairable("ledger", $"{refused} refused lines have no row any more, and no replay or purge has taken it out",
                missing.Count == refused ? string.Create(CultureInfo.InvariantCulture, $"row {missing.First}") : LedgerSchema.Refused, refused,
                "They are lost here: put a copy of ledger.db back, or feed their list again. --repair only notes that they are gone.",
                () => examination.InTransaction(() => examination.AddToCounter(Settled, refused)));
        }

        CheckLists(examination);
    }

    private static void CheckLists(Examination examination)
    {
        const string IsOfNone = "NOT EXISTS(SELECT 1 FROM replays r WHERE r.id = i.replay AND r.ended_at IS NULL AND i.seq <= r.ceiling)";
        var foreign = examination.Ledger.Scalar($"SELECT count(*) FROM replay_items i WHERE {IsOfNone}");
        if (foreign > 0)
        {
            examination.Repairable("ledger", "letters are on the list of a replay that has ended, that there is not, or that began before them", "replay_items", foreign, "--repair takes them off; they stay dead letters.",
                () => examination.InTransaction(() => examination.Ledger.Execute($"DELETE FROM replay_items AS i WHERE {IsOfNone}")));
        }

        var miscounted = examination.Ledger.Scalar("SELECT count(*) FROM replays r WHERE r.ended_at IS NULL AND r.wanted <> r.left_here + r.died_again + (SELECT count(*) FROM replay_items i WHERE i.replay = r.id)");
        if (miscounted > 0)
        {
            examination.Repairable("ledger", "the counts of a replay are not what its list has left", "replays", miscounted, "--repair makes them so; no letter is touched.",
                () => examination.InTransaction(() => examination.Ledger.Execute("UPDATE replays AS r SET wanted = left_here + died_again + (SELECT count(*) FROM replay_items i WHERE i.replay = r.id) WHERE r.ended_at IS NULL")));
        }
    }
}
