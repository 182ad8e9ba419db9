using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>A dead letter with everything that is known of it.</summary>
internal sealed record Letter
{
    /// <summary>The number of its row, by which it is known in this ledger.</summary>
    public required long Sequence { get; init; }

    /// <summary>Whether it is an admitted URL that was given up; else a line without a row in the queue.</summary>
    public bool WasAdmitted { get; init; }

    /// <summary>The line as received.</summary>
    public required byte[] Line { get; init; }

    public required UInt128 ContentId { get; init; }

    /// <summary>Why; <see cref="Reason.None"/> where this program knows no such reason.</summary>
    public required Reason Reason { get; init; }

    /// <summary>The reason as it is written, known or not.</summary>
    public required string ReasonName { get; init; }

    /// <summary>Why a malformed line has no canonical form; <c>None</c> on every other.</summary>
    public CanonicalizationError Flaw { get; init; }

    /// <summary>What is known beyond the reason, as what is wrong with a malformed line or what a fetch met; else the reason again.</summary>
    public required string Error { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was refused or given up.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When its line came first.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When its line came last, as far as that is known: of an admitted URL, when it was given up.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>How often its line came while it was refused; 1 for an admitted URL, whose other lines are duplicates.</summary>
    public long Occurrences { get; init; } = 1;

    public string Source { get; init; } = "";

    /// <summary>The line's first byte in its source.</summary>
    public long SourceOffset { get; init; }

    /// <summary>Links away from the lines of the input; null where nobody knows.</summary>
    public byte? Depth { get; init; }

    /// <summary>The version of the canonical rules that the content id is by.</summary>
    public int Ruleset { get; init; }

    /// <summary>The version of the program that received it; empty if nobody wrote it down.</summary>
    public string Version { get; init; } = "";

    /// <summary>What people have written about it.</summary>
    public string Notes { get; init; } = "";

    public LetterFacts Facts { get; init; } = LetterFacts.None;

    /// <summary>What went wrong each time, the first first; of many only the last are kept.</summary>
    public IReadOnlyList<LetterAttempt> History { get; init; } = [];

    /// <summary>By which filters it was replayed in vain, and when.</summary>
    public IReadOnlyList<(string Filter, DateTimeOffset At)> Replays { get; init; } = [];
}

/// <summary>One failed try.</summary>
/// <param name="Number">From 1 on; the first ones of many are forgotten.</param>
/// <param name="At">When it ended.</param>
/// <param name="Status">The HTTP status; 0 if there was none.</param>
/// <param name="LatencyMs">From the request to its end.</param>
/// <param name="Reason">The reason's name.</param>
/// <param name="Error">What is known beyond it; may be empty.</param>
internal sealed record LetterAttempt(int Number, DateTimeOffset At, int Status, long LatencyMs, string Reason, string Error);
