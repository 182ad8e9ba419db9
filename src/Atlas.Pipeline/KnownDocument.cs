namespace Atlas.Pipeline;

/// <summary>The document that is asked for again: what the host is told that we have, and what its answer is compared with.</summary>
/// <param name="Id">The ledger's number of the document.</param>
/// <param name="FinalUrl">The URL that answered. The two validators are its, and say nothing of another one.</param>
/// <param name="ETag">As sent; null if it sent none.</param>
/// <param name="LastModified">Null if it did not say.</param>
/// <param name="BodySha256">Of the stored body, 32 bytes.</param>
internal sealed record KnownDocument(long Id, string FinalUrl, string? ETag, DateTimeOffset? LastModified, byte[] BodySha256);
