namespace Atlas.Pipeline.Migrate;

/// <summary>Something that a verification has found wrong.</summary>
/// <param name="What">In half a sentence.</param>
/// <param name="Count">How often.</param>
/// <param name="First">The first few rows that it concerns.</param>
internal sealed record VerifyFinding(string What, long Count, IReadOnlyList<string> First);
