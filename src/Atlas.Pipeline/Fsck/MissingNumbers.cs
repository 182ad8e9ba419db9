using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Finds sequence numbers that were given and have no row, though no replay and no purge has taken it out. Every number that was ever given had a row: one that is rolled back is given again.</summary>
internal sealed class MissingNumbers
{
    private readonly SqlStatement _gone;
    private long _nextGone;

    public MissingNumbers(SqlConnection ledger)
    {
        // A letter that was only rewritten has no content id there, and its row still.
        _gone = ledger.Prepare("SELECT DISTINCT seq FROM letters_gone WHERE content_id IS NOT NULL ORDER BY seq");
        NextGone();
    }

    public long Count { get; private set; }

    /// <summary>The first of them; 0 if there is none.</summary>
    public long First { get; private set; }

    /// <summary>Two neighbours, the pairs in order: what lies between has no row.</summary>
    public void Between(long row, long next)
    {
        while (_nextGone <= row)
            NextGone();
        for (var from = row + 1; from < next; from = _nextGone + 1, NextGone())
        {
            var to = Math.Min(next, _nextGone);
            Count += to - from;
            if (First == 0 && from < to)
                First = from;
            if (_nextGone >= next)
                return;
        }
    }

    private void NextGone()
    {
        if (_nextGone == long.MaxValue)
            return;
        if (_gone.Step())
        {
            _nextGone = _gone.Int64(0);
            return;
        }

        _gone.Reset();
        _nextGone = long.MaxValue;
    }
}
