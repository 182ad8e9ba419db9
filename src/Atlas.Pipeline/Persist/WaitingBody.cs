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

    /// <summary>One with the same content that joined before and was not recorded then; null if there was none.</summary>
    public WaitingBody? Twin { get; init; }

    /// <summary>Where it begins in its group's buffer.</summary>
    public int Start { get; set; }

    /// <summary>Where the body lies; known when its group is written. The writing thread's own.</summary>
    public BodyPlace Place { get; set; }
}
