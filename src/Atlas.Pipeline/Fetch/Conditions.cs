using System.Globalization;

namespace Atlas.Pipeline.Fetch;

/// <summary>Makes a request conditional (RFC 9110, 13.1.2 and 13.1.3): the host is told what we have, and answers 304 when that is what it would give.</summary>
internal sealed class Conditions
{
    /// <summary>Longer tags are not sent: a host that refuses them would refuse us for good.</summary>
    private const int LongestTag = 1_024;

    private readonly KnownDocument _known;

    /// <summary>The entity tag that is sent; null if none is.</summary>
    private readonly string? _tag;

    private Conditions(KnownDocument known) => (_known, _tag) = (known, IsTag(known.ETag) ? known.ETag : null);

    /// <summary>Null when nothing is known that could be said of that URL: then its document is asked for as for the first time.</summary>
    /// <param name="known">What we have; null if nothing.</param>
    /// <param name="url">What is asked for. The validators of another URL, be it another spelling, say nothing of it.</param>
    public static Conditions? Of(KnownDocument? known, Uri url)
    {
        if (known is null || known.FinalUrl != PageFetcher.FinalUrlOf(url))
            return null;
        var conditions = new Conditions(known);
        return conditions._tag is null && known.LastModified is null ? null : conditions;
    }

    /// <summary>Both where both are known: a host that knows the first ignores the second.</summary>
    public void AddTo(HttpRequestMessage request)
    {
        if (_tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", _tag);
        if (_known.LastModified is { } modified)
            request.Headers.TryAddWithoutValidation("If-Modified-Since", modified.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>What is to be remembered of the document after a 304, of which only what it carries is taken (RFC 9111, 4.3.4), and only where it speaks of what we have.</summary>
    /// <remarks>
    /// A tag other than ours is that of something else, and the date with it: both are forgotten, and the document is asked for whole the next time.
    /// Where we asked by date alone, a page that was changed twice in one second would be tied to a tag that is not its own.
    /// </remarks>
    /// <param name="tag">The answer's ETag as sent; null if it has none.</param>
    /// <param name="modified">The answer's Last-Modified.</param>
    public (string? ETag, DateTimeOffset? LastModified) Freshen(string? tag, DateTimeOffset? modified)
    {
        if (_tag is null)
            return (_known.ETag, _known.LastModified);
        if (tag is not null && Opaque(tag) != Opaque(_tag))
            return (null, null);
        return (tag ?? _tag, modified ?? _known.LastModified);
    }

    /// <summary>The tag without the mark of a weak one: tags of which either is weak are compared so (RFC 9110, 8.8.3.2).</summary>
    private static string Opaque(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;

    /// <summary>An entity-tag as in RFC 9110, 8.8.3, in ASCII. Without its quotes, <c>*</c> would mean any document and a comma two of them.</summary>
    private static bool IsTag(string? tag)
    {
        if (tag is null or { Length: > LongestTag })
            return false;
        return Opaque(tag) is ['"', .. var letters, '"'] && letters.All(letter => letter is '!' or (> '"' and <= '~'));
    }
}
