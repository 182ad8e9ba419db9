namespace Atlas.Urls;

/// <summary>One rule that changed a URL on its way to its canonical form.</summary>
/// <param name="Applied">The rule.</param>
/// <param name="Rule">The rule in a few words, as in docs/canonicalization.md.</param>
/// <param name="Detail">What it took or put; empty where the URL itself shows it.</param>
/// <param name="Url">The URL after it.</param>
public sealed record CanonicalizationStep(CanonicalizationRule Applied, string Rule, string Detail, string Url);
