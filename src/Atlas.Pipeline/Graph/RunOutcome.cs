using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Graph;

/// <summary>How a run ended.</summary>
/// <param name="Last">The run as it stood at its end.</param>
/// <param name="Failure">What ended it against its will, or null.</param>
/// <param name="Audit">The books counted again from the rows; null where there is no ledger, or after a failure.</param>
/// <param name="Aborted">Ended by an abort: what was inside goes on at the next start.</param>
internal sealed record RunOutcome(RunSnapshot Last, Exception? Failure, BooksAudit? Audit, bool Aborted)
{
    /// <summary>The ledger's own counters at the time of <see cref="Audit"/>, without the lines that end in front of it.</summary>
    public Books? Counted { get; init; }

    /// <summary>Something inside did not come to its end in time, so the run went without it: what was read and is not committed has to be read again.</summary>
    public bool LeftBehind { get; init; }

    /// <summary>Whether the counters balance and the rows say the same.</summary>
    public bool Balances => Imbalances().Count == 0;

    /// <summary>What is off in the books, and by how much: a sentence each; none when they balance.</summary>
    public IReadOnlyList<string> Imbalances()
    {
        List<string> found = [];
        var books = Last.Books;
        long rejected = books.Rejected.Values.Sum(), dead = books.Dead.Values.Sum(), admitted = books.Admitted + books.AdmittedBefore;
        Compare(found, books.Received, books.Duplicates + rejected + books.Admitted,
            $"received {books.Received}, but duplicates {books.Duplicates} + rejected {rejected} + admitted {books.Admitted}");
        Compare(found, admitted, books.Done + dead + books.Queued + books.Leased,
            $"admitted {admitted}, but done {books.Done} + dead {dead} + queued {books.Queued} + leased {books.Leased}");
        var again = books.Refetches;
        Compare(found, again.Taken + again.Before, again.Accounted,
            $"asked for again {again.Taken + again.Before}, but not modified {again.NotModified} + unchanged {again.Unchanged} + changed {again.Changed} + failed {again.Failed.Values.Sum()} + waiting {again.Waiting}");
        if (Audit is null || Counted is not { } counted)
            return found;

        CompareRows(found, "admitted", counted.Admitted + counted.AdmittedBefore, Audit.Admitted);
        CompareRows(found, "queued", counted.Queued, Audit.Queued);
        CompareRows(found, "leased", counted.Leased, Audit.Leased);
        CompareRows(found, "done", counted.Done, Audit.Done);
        CompareRows(found, "dead", counted.Dead.Values.Sum(), Audit.Dead);
        CompareRows(found, "being asked for again", counted.Refetches.Waiting, Audit.Refetching);
        return found;
    }

    private static void Compare(List<string> found, long whole, long parts, FormattableString sentence)
    {
        if (whole != parts)
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{sentence.ToString(CultureInfo.InvariantCulture)} make {parts}."));
    }

    private static void CompareRows(List<string> found, string place, long counted, long rows)
    {
        if (counted != rows)
            found.Add(string.Create(CultureInfo.InvariantCulture, $"the counters say {counted} {place}, but there are {rows} rows."));
    }
}
