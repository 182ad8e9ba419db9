using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>A document that has joined a group, from then until it is recorded.</summary>
/// <param name="item">The leased item.</param>
/// <param name="document">What was fetched; its body may be let go before.</param>
/// <param name="sha256">Of the body, 32 bytes.</param>
internal sealed class WaitingBody(WorkItem item, FetchedDocument document, byte[] sha256)
{
    public WorkItem Item => item;

    public FetchedDocument Document => document;

    public byte[] Sha256 => sha256;

    /// <summary>Bytes of body.</summary>
    public int Length { get; } = document.BodyLength;

    /// <summary>Bytes of what was said around it.</summary>
    public int ExchangeLength { get; } = document.Exchange.Length;

    /// <summary>Bytes that are written for it, unless the ledger knows the body.</summary>
    public int OwnLength => (Twin is null ? Length : 0) + ExchangeLength;

    /// <summary>One with the same content that joined before and was not recorded then; null if there was none.</summary>
    public WaitingBody? Twin { get; init; }

    /// <summary>Whether its group's buffer holds its bytes; where not, its document does.</summary>
    public bool IsCopied { get; set; }

    /// <summary>Where the body begins in its group's buffer.</summary>
    public int Start { get; set; }

    /// <summary>Where what was said around it begins there.</summary>
    public int ExchangeStart { get; set; }

    /// <summary>Where the body lies; known when its group is written. The writing thread's own.</summary>
    public BodyPlace Place { get; set; }
}
