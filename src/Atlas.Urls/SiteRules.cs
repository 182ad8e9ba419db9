namespace Atlas.Urls;

/// <summary>Query parameters of one site: whole names, upper and lower case alike. A name in both lists stays.</summary>
/// <param name="DropParams">Names to drop there.</param>
/// <param name="KeepParams">Names that stay there, whatever the lists for all sites say.</param>
public sealed record SiteRules(IReadOnlyList<string> DropParams, IReadOnlyList<string> KeepParams);
