using Atlas.Urls;

namespace Atlas.Pipeline;

/// <summary>One line of a <see cref="UrlBatch"/>: where its bytes are and what has been decided about it so far.</summary>
internal struct UrlRow
{
    /// <summary>Where the line as received stands in <see cref="UrlBatch.Text"/>, in bytes; the line terminator is not part of it.</summary>
    public int TextStart, TextLength;

    /// <summary>Where the canonical form stands in <see cref="UrlBatch.Canonical"/>, in bytes; length 0 when there is none.</summary>
    public int CanonicalStart, CanonicalLength;

    /// <summary>Where the host key (host and, unless default, port) stands in <see cref="UrlBatch.Canonical"/>, in bytes.</summary>
    public int HostStart, HostLength;

    /// <summary>The line's first byte in its source, in bytes from the start of the file.</summary>
    public long SourceOffset;

    /// <summary>First 128 bits of SHA-256 over the canonical form; where there is none, over the line as received. Zero until <see cref="UrlBatch.IdOf"/> is asked: most lines leave as duplicates without one.</summary>
    public UInt128 ContentId;

    /// <summary>A hash of the same bytes that is cheaper and holds in this process alone. Zero until <see cref="UrlBatch.FingerprintOf"/> is asked.</summary>
    public UInt128 Fingerprint;

    /// <summary>By which rules the line became its canonical form: what kind of duplicate it is, if it is one.</summary>
    public AppliedRules Applied;

    /// <summary>How many links it is away from the lines of the input; 0 for one of these.</summary>
    public byte Depth;

    public Fate Fate;
    public ProcessingStrategy Strategy;

    /// <summary>The class that classify gave; in the buffer's hands, the level by class, source and depth.</summary>
    public PriorityClass Priority;

    public Reason Reason;

    /// <summary>Why a malformed line has no canonical form; <c>None</c> on every other.</summary>
    public CanonicalizationError Flaw;

    /// <summary>Set by dedup on a refused line that was refused before: it is counted, and no second dead letter is written.</summary>
    public bool IsRepeat;

    /// <summary>The line leaves against our will.</summary>
    public void Reject(Reason reason)
    {
        Fate = Fate.DeadLetter;
        Reason = reason;
    }

    /// <summary>The line leaves because it has no canonical form.</summary>
    public void RejectAsMalformed(CanonicalizationError flaw)
    {
        Reject(Reason.Malformed);
        Flaw = flaw;
    }

    /// <summary>The line leaves because its resource is known already.</summary>
    public void DropAsDuplicate()
    {
        Fate = Fate.Drop;
        Reason = Reason.Duplicate;
    }
}
