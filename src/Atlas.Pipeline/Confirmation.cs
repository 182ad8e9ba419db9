namespace Atlas.Pipeline;

/// <summary>A host has confirmed a document: it is what we have.</summary>
/// <param name="At">When.</param>
/// <param name="ByStatus">It said so (304); otherwise it gave the same body again.</param>
/// <param name="ETag">What is to be remembered from now on.</param>
/// <param name="LastModified">What is to be remembered from now on.</param>
/// <param name="WireBytes">Bytes of body that it cost.</param>
internal sealed record Confirmation(DateTimeOffset At, bool ByStatus, string? ETag, DateTimeOffset? LastModified, long WireBytes = 0);
