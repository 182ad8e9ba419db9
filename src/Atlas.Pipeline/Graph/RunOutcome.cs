using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Graph;

/// <summary>How a run ended.</summary>
/// <param name="Last">The run as it stood at its end.</param>
/// <param name="Failure">What ended it against its will, or null.</param>
/// <param name="Audit">The books counted again from the rows; null where there is no ledger, or after a failure.</param>
/// <param name="Aborted">Ended by an abort: what was inside goes on at the next start.</param>
internal sealed record RunOutcome(RunSnapshot Last, Exception? Failure, BooksAudit? Audit, bool Aborted)
{
    /// <summary>Whether the counters balance and the rows say the same.</summary>
    public bool Balances
    {
        get
        {
            var books = Last.Books;
            return books.Balance && (Audit is null || Audit.Balances);
        }
    }
}
