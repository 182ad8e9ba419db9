using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Check;

/// <summary>A line that somebody asks about, with what the pipeline's own stages make of it.</summary>
/// <param name="Line">As it was given, bytes that are no UTF-8 replaced; of one that is too long only the start.</param>
/// <param name="ContentId">Its key.</param>
/// <param name="Canonical">Its canonical form; empty if it has none.</param>
/// <param name="Refusal">Why it would be refused; <see cref="Reason.None"/> if it would not.</param>
internal sealed record AskedLine(string Line, UInt128 ContentId, string Canonical, Reason Refusal)
{
    /// <summary>What the pipeline would do with it now.</summary>
    /// <param name="row">What the ledger knows of its key; null if nothing.</param>
    public CheckAnswer With(LedgerRow? row)
    {
        var wasRefused = row is { State: "refused" };
        var verdict = Refusal != Reason.None ? "refuse" : row is null || wasRefused ? "admit" : "drop";
        return new CheckAnswer(this, row, verdict);
    }
}

/// <summary>What is known of a line.</summary>
/// <param name="Asked">The line.</param>
/// <param name="Row">What the ledger knows of its key; null if nobody has seen it.</param>
/// <param name="Verdict">What the pipeline would do with it now: admit, drop (a duplicate) or refuse.</param>
internal sealed record CheckAnswer(AskedLine Asked, LedgerRow? Row, string Verdict)
{
    public bool IsKnown => Row is not null;

    public string State => Row?.State ?? "new";
}
