using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>A dead letter of another ledger, on its way into this one: as a refused line, whatever it was there.</summary>
internal sealed record ImportedLetter
{
    public required byte[] Line { get; init; }

    public required UInt128 ContentId { get; init; }

    public required Reason Reason { get; init; }

    public CanonicalizationError Flaw { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Whether its file says when it was refused or seen first; else <see cref="At"/> is when it was read.</summary>
    public required bool IsDated { get; init; }

    /// <summary>Links away from the lines of the input; null where nobody knows.</summary>
    public byte? Depth { get; init; }

    public string Source { get; init; } = "";

    public long SourceOffset { get; init; }

    public string Notes { get; init; } = "";

    public LetterFacts Facts { get; init; } = LetterFacts.None;

    public IReadOnlyList<LetterAttempt> History { get; init; } = [];
}
