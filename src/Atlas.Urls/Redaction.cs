namespace Atlas.Urls;

/// <summary>URLs as they may be shown: without user name and password.</summary>
public static class Redaction
{
    /// <summary>The URL with <c>***</c> for what stands in front of its last at sign, canonical or as it was given. In doubt it shows too little.</summary>
    public static string Of(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var start = AuthorityStart(url);
        var rest = url.AsSpan(start);
        var end = rest.IndexOfAny("/\\?#");
        var authority = end < 0 ? rest : rest[..end];
        var at = authority.LastIndexOf('@');
        // A colon without a port behind it: no URL, but most likely one whose password has a bare slash, question mark or hash in it.
        if (at < 0 && !HasNoPortOrANumber(authority))
            at = rest.LastIndexOf('@');
        return at <= 0 ? url : string.Concat(url.AsSpan(0, start), "***", rest[at..]);
    }

    /// <summary>Behind the scheme and the slashes, if there are any; tabs and line breaks may stand anywhere between.</summary>
    private static int AuthorityStart(string url)
    {
        var start = 0;
        while (start < url.Length && url[start] <= ' ')
            start++;
        var end = start;
        while (end < url.Length && (char.IsAsciiLetterOrDigit(url[end]) || url[end] is '+' or '-' or '.' or '\t' or '\r' or '\n'))
            end++;
        if (end < url.Length && url[end] == ':' && char.IsAsciiLetter(url[start]))
            start = end + 1;
        while (start < url.Length && url[start] is '/' or '\\' or '\t' or '\r' or '\n')
            start++;
        return start;
    }

    private static bool HasNoPortOrANumber(ReadOnlySpan<char> authority)
    {
        var colon = authority.LastIndexOf(':');
        return colon <= authority.LastIndexOf(']') || !authority[(colon + 1)..].ContainsAnyExceptInRange('0', '9');
    }
}
