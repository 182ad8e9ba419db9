using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Fetch;

/// <summary>What a host is asked for: the URL as it was given, wherever the runtime's parser means the same host by it.</summary>
internal static class RequestUrl
{
    // Nothing is dropped or folded that a host could miss.
    private static readonly Canonicalizer Spelling = new(new CanonicalizationRules { FoldScheme = false, DropTracking = false, AcceptSchemeless = true });

    /// <summary>The URL; null if it is none. Where the two parsers differ (no scheme, tabs, <c>http:host</c>, international hosts, a trailing dot), it is the canonical spelling with nothing dropped.</summary>
    /// <param name="given">As it stood in the line.</param>
    /// <param name="hostKey">Whom politeness takes it to ask; empty for what is neither http nor https.</param>
    public static Uri? Of(string given, string hostKey)
    {
        var isUrl = Uri.TryCreate(given, UriKind.Absolute, out var url);
        if (hostKey.Length == 0 || (isUrl && url!.Scheme is ("http" or "https") && KeyOf(url) == hostKey))
            return url;

        var bytes = Encoding.UTF8.GetBytes(given);
        var canonical = new byte[Canonicalizer.MaxLength(bytes.Length)];
        return Spelling.TryCanonicalize(bytes, canonical, out var parts) == CanonicalizationError.None
            && Uri.TryCreate(Encoding.UTF8.GetString(canonical, 0, parts.Length), UriKind.Absolute, out url) ? url : null;
    }

    private static string KeyOf(Uri url) => url.IsDefaultPort ? url.Host : $"{url.Host}:{url.Port}";
}
