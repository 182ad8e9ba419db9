namespace Atlas.Urls;

/// <summary>An http or https URL as text in its parts, each as it is written.</summary>
/// <param name="Scheme">In lower case.</param>
/// <param name="UserInfo">With its at sign, or empty.</param>
/// <param name="Host">As written.</param>
/// <param name="Port">With its colon, or empty.</param>
/// <param name="Path">Empty, or from its first slash or backslash.</param>
/// <param name="Query">Without the question mark; null if there is none.</param>
/// <param name="Fragment">Without the hash; null if there is none.</param>
internal sealed record UrlParts(string Scheme, string UserInfo, string Host, string Port, string Path, string? Query, string? Fragment)
{
    /// <summary>Takes a URL apart that is known to have a canonical form.</summary>
    /// <param name="text">Without white space at its ends, tabs and line breaks.</param>
    /// <param name="schemeLength">0 for a line without a scheme.</param>
    public static UrlParts Of(string text, int schemeLength)
    {
        var scheme = schemeLength == 0 ? "http" : text[..schemeLength].ToLowerInvariant();
        var rest = text[(schemeLength == 0 ? 0 : schemeLength + 1)..].TrimStart('/', '\\');
        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        var fragment = hash < 0 ? null : rest[(hash + 1)..];
        rest = hash < 0 ? rest : rest[..hash];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? null : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        var slash = rest.AsSpan().IndexOfAny('/', '\\');
        var authority = slash < 0 ? rest : rest[..slash];
        var at = authority.LastIndexOf('@');
        var host = authority[(at + 1)..];
        var colon = host.LastIndexOf(':');
        if (colon < host.LastIndexOf(']'))
            colon = -1;
        return new UrlParts(scheme, authority[..(at + 1)], colon < 0 ? host : host[..colon], colon < 0 ? "" : host[colon..], slash < 0 ? "" : rest[slash..], query, fragment);
    }

    public override string ToString() =>
        $"{Scheme}://{UserInfo}{Host}{Port}{Path}{(Query is null ? "" : "?" + Query)}{(Fragment is null ? "" : "#" + Fragment)}";
}
