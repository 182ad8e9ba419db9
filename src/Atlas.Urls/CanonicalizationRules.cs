namespace Atlas.Urls;

/// <summary>What a pipeline may choose about canonical forms. Everything else is fixed by <see cref="RulesetVersion"/>.</summary>
public sealed record CanonicalizationRules
{
    /// <summary>Counts up whenever the same line and the same choices would give another canonical form: keys of two versions must not be mixed.</summary>
    public const int RulesetVersion = 1;

    /// <summary>Write https without an explicit port as http, so that both are one resource; true by default. Other ports keep their scheme.</summary>
    public bool FoldScheme { get; init; } = true;

    /// <summary>Drop the query parameters that only trace where a visitor came from (<c>utm_*</c>, <c>gclid</c>, ...); true by default.</summary>
    public bool DropTracking { get; init; } = true;

    /// <summary>Further names to drop: whole names, upper and lower case alike.</summary>
    public IReadOnlyList<string> DropParams { get; init; } = [];

    /// <summary>Names that stay whatever the other lists say: whole names, upper and lower case alike.</summary>
    public IReadOnlyList<string> KeepParams { get; init; } = [];
}
