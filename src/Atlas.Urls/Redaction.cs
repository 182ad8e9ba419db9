namespace Atlas.Urls;

/// <summary>URLs as they may be shown: without user name and password.</summary>
public static class Redaction
{
    /// <summary>The URL with <c>***</c> for what stands in front of its last at sign, canonical or as it was given.</summary>
    public static string Of(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        var start = colon < 0 ? 0 : colon + 1;
        while (start < url.Length && url[start] is ('/' or '\\'))
            start++;
        var end = url.AsSpan(start).IndexOfAny("/\\?#");
        var authority = end < 0 ? url.AsSpan(start) : url.AsSpan(start, end);
        var at = authority.LastIndexOf('@');
        return at <= 0 ? url : string.Concat(url.AsSpan(0, start), "***", url.AsSpan(start + at));
    }
}
