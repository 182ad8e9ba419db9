namespace Atlas.Urls;

/// <summary>What a pipeline may choose about canonical forms. Everything else is fixed by <see cref="RulesetVersion"/>.</summary>
public sealed record CanonicalizationRules
{
    /// <summary>Counts up whenever the same line and the same choices would give another canonical form: keys of two versions must not be mixed.</summary>
    public const int RulesetVersion = 1;

    /// <summary>Write https without an explicit port as http, so that both are one resource; true by default. Other ports keep their scheme.</summary>
    public bool FoldScheme { get; init; } = true;

    /// <summary>Drop one leading <c>www.</c> where a registrable domain stands behind it; false by default.</summary>
    public bool FoldWww { get; init; }

    /// <summary>Drop the slash at the end of a path, unless it is the whole path or stands behind another one; false by default.</summary>
    public bool FoldTrailingSlash { get; init; }

    /// <summary>Drop session ids: parameters, path parameters and path segments that have both the name and the look of one; false by default.</summary>
    public bool DropSessionIds { get; init; }

    /// <summary>Read a line without a scheme (<c>example.org/a</c>, <c>//example.org</c>, <c>example.org:8080</c>) as http, but not a path alone (<c>/a</c>); false by default.</summary>
    public bool AcceptSchemeless { get; init; }

    /// <summary>Drop the query parameters that only trace where a visitor came from (<c>utm_*</c>, <c>gclid</c>, ...); true by default.</summary>
    public bool DropTracking { get; init; } = true;

    /// <summary>Further names to drop: whole names, upper and lower case alike.</summary>
    public IReadOnlyList<string> DropParams { get; init; } = [];

    /// <summary>Names that stay whatever the other lists say: whole names, upper and lower case alike.</summary>
    public IReadOnlyList<string> KeepParams { get; init; } = [];

    /// <summary>Names to drop or keep on one site, before the lists for all sites; by domain in any spelling, which stands for its subdomains too.</summary>
    public IReadOnlyDictionary<string, SiteRules> Sites { get; init; } = System.Collections.Frozen.FrozenDictionary<string, SiteRules>.Empty;
}
