using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether the counters say what the rows say. The rows are the truth; of lines that left no row the counters are all there is.</summary>
internal static class BooksCheck
{
    public static void Run(Examination examination)
    {
        var ledger = examination.Ledger;
        examination.Progress.Begin("counting the rows", 0);
        long admitted = 0, backlog = 0;
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            admitted += ledger.Scalar($"SELECT count(*) FROM {queue}");
            backlog += ledger.Scalar($"SELECT count(*) FROM {queue} WHERE seq > (SELECT seq FROM cursors WHERE class = {priority})");
        }

        var recorded = ledger.Scalar("SELECT count(*) FROM content_metadata");
        if (examination.Counter("admitted") is var counted && counted > admitted)
        {
            examination.Damage("ledger", $"{counted - admitted} admitted URLs have no row any more", LedgerSchema.QueueOf(0) + " and its sisters", counted - admitted,
                "They are lost here: put a copy of ledger.db back, or feed their list again. --repair only makes the counters say so.");
        }

        Compare(examination, "admitted", admitted);
        Compare(examination, "backlog", backlog);
        Compare(examination, "queued", backlog + ledger.Scalar("SELECT count(*) FROM work WHERE state = 'queued' AND document IS NULL"));
        Compare(examination, "leased", ledger.Scalar("SELECT count(*) FROM work WHERE state = 'leased' AND document IS NULL"));
        Compare(examination, "recorded", recorded);
        var aliases = ledger.Scalar("SELECT count(*) FROM aliases");
        Compare(examination, "aliases", aliases);
        Compare(examination, "done", recorded + examination.Counter("caught") + aliases);
        var refetching = ledger.Scalar("SELECT count(*) FROM work WHERE document IS NOT NULL");
        Compare(examination, "refetching", refetching);
        Compare(examination, "refetches", refetching + examination.Counter("not_modified") + examination.Counter("unchanged") + examination.Counter("changed") + examination.Counter("refetch_failed"));
        Compare(examination, "purged", ledger.Scalar("SELECT count(*) FROM purged"));
        CompareDead(examination);
        Compare(examination, "received", admitted + examination.Counter("duplicates") + examination.Counter("rejected"));
        CompareRefused(examination);
        CheckCursors(examination);
    }

    private static void Compare(Examination examination, string name, long rows)
    {
        var counter = examination.Counter(name);
        if (counter != rows)
            examination.Repairable("ledger", $"the counter {name} says {counter}, its rows say {rows}", $"counters.{name}", 1, "--repair writes what the rows say.", () => examination.InTransaction(() => examination.SetCounter(name, rows)));
    }

    private static void CompareDead(Examination examination)
    {
        var counted = new SortedDictionary<int, long>();
        var rows = new SortedDictionary<int, long>();
        Fill(counted, "SELECT code, value FROM counters WHERE name = 'dead'", statement => (int)statement.Int64(0));
        Fill(rows, "SELECT failure_classification, count(*) FROM dead GROUP BY failure_classification",
            statement => Reason.TryParse(statement.Text(0), out var reason) ? reason.Code : 0);
        foreach (var code in counted.Keys.Union(rows.Keys).ToList())
        {
            var (counter, truth) = (counted.GetValueOrDefault(code), rows.GetValueOrDefault(code));
            if (counter != truth)
            {
                var name = Reason.IsKnown((ushort)code) ? new Reason((ushort)code).Name : $"code {code}";
                examination.Repairable("ledger", $"the counter of dead letters with {name} says {counter}, their rows say {truth}", $"counters.dead.{code}", 1, "--repair writes what the rows say.",
                    () => examination.InTransaction(() => examination.SetCounter("dead", truth, code)));
            }
        }

        void Fill(SortedDictionary<int, long> into, string sql, Func<SqlStatement, int> code)
        {
            var statement = examination.Ledger.Prepare(sql);
            while (statement.Step())
            {
                var key = code(statement);
                into[key] = into.GetValueOrDefault(key) + statement.Int64(1);
            }

            statement.Reset();
        }
    }

    /// <summary>A refused line that comes again is counted and has no row, so that there may be fewer rows than counts and never more.</summary>
    private static void CompareRefused(Examination examination)
    {
        var rows = examination.Ledger.Scalar("SELECT count(*) FROM refused");
        var counted = examination.Counter("rejected");
        if (rows > counted)
            examination.Damage("ledger", $"{rows} refused lines have a row, but only {counted} were counted", "counters.rejected", rows - counted, "Which reasons were not counted nobody knows: put a copy of ledger.db back if the counts matter. No URL is lost by it.");
    }

    /// <summary>What is handed out goes on behind the cursor: one beyond the high water would skip what is admitted next.</summary>
    private static void CheckCursors(Examination examination)
    {
        var ledger = examination.Ledger;
        var highWater = examination.Counter("sequence");
        var beyond = ledger.Scalar($"SELECT count(*) FROM cursors WHERE seq > {highWater}");
        if (beyond > 0)
            examination.Damage("ledger", "cursors of the queue stand beyond the last row", "cursors", beyond, "What is admitted next would never be fetched: put a copy of ledger.db back.");
        if (ledger.Scalar("SELECT count(*) FROM cursors") is var cursors and not PriorityClasses.Count)
            examination.Damage("ledger", $"there are {cursors} cursors instead of {PriorityClasses.Count}", "cursors", 1, "Put a copy of ledger.db back.");
    }
}
