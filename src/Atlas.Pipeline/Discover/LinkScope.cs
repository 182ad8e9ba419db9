using System.Text;
using System.Text.RegularExpressions;
using Atlas.Urls;

namespace Atlas.Pipeline.Discover;

/// <summary>Which links are followed, from which page. Stateless; any thread.</summary>
internal sealed class LinkScope(DiscoverOptions options)
{
    private const int LongestCycle = 3;

    private readonly byte[][] _prefixes = [.. options.Prefixes.Select(CanonicalPrefix)];

    /// <summary>Whether a link is followed, or why not.</summary>
    /// <param name="link">Its canonical form, nothing dropped.</param>
    /// <param name="host">Its host key.</param>
    /// <param name="home">The host key of the page.</param>
    public LinkFate Judge(ReadOnlySpan<byte> link, ReadOnlySpan<byte> host, ReadOnlySpan<byte> home)
    {
        if (!IsInside(link, host, home))
            return LinkFate.OutOfScope;
        if (IsTrap(PathOf(link)))
            return LinkFate.Trap;
        if (options.Include.Count == 0 && options.Exclude.Count == 0)
            return LinkFate.Followed;

        var text = Encoding.UTF8.GetString(link);
        return (options.Include.Count == 0 || Matches(options.Include, text)) && !Matches(options.Exclude, text) ? LinkFate.Followed : LinkFate.Excluded;
    }

    private bool IsInside(ReadOnlySpan<byte> link, ReadOnlySpan<byte> host, ReadOnlySpan<byte> home) => options.Scope switch
    {
        DiscoverScope.Host => host.SequenceEqual(home),
        DiscoverScope.Domain => IsOfDomain(host, home),
        DiscoverScope.Prefix => HasPrefix(link),
        _ => true,
    };

    /// <summary>Whether both belong to one registrable domain; a host without one (an address, a public suffix) is alone.</summary>
    private static bool IsOfDomain(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        one = WithoutPort(one);
        other = WithoutPort(other);
        var domain = RegistrableDomain.Of(one);
        return domain.IsEmpty ? one.SequenceEqual(other) : domain.SequenceEqual(RegistrableDomain.Of(other));
    }

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon > host.LastIndexOf((byte)']') ? host[..colon] : host;
    }

    private bool HasPrefix(ReadOnlySpan<byte> link)
    {
        foreach (var prefix in _prefixes)
        {
            if (link.StartsWith(prefix))
                return true;
        }

        return false;
    }

    /// <summary>Paths that no site has that is not made up on the fly: too many segments, or one to three that come again and again (<c>/a/b/a/b/a/b/</c>).</summary>
    private bool IsTrap(ReadOnlySpan<byte> path)
    {
        if (path.Count((byte)'/') > options.MaxPathSegments)
            return true;

        // The last segment is a name or empty, and no part of a cycle.
        Span<Range> segments = stackalloc Range[DiscoverOptions.MostPathSegments];
        var (count, start) = (0, 1);
        while (start <= path.Length && path[start..].IndexOf((byte)'/') is >= 0 and var length)
        {
            segments[count++] = new Range(start, start + length);
            start += length + 1;
        }

        for (var period = 1; period <= LongestCycle; period++)
        {
            var same = 0;
            for (var at = 0; at + period < count; at++)
            {
                same = path[segments[at]].SequenceEqual(path[segments[at + period]]) ? same + 1 : 0;
                if (same >= period * options.MaxSegmentRepeats)
                    return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> link)
    {
        var rest = link[(link.IndexOf("://"u8) + 3)..];
        var slash = rest.IndexOf((byte)'/');
        rest = slash < 0 ? default : rest[slash..];
        var query = rest.IndexOf((byte)'?');
        return query < 0 ? rest : rest[..query];
    }

    private static bool Matches(IReadOnlyList<Regex> patterns, string text)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.IsMatch(text))
                return true;
        }

        return false;
    }

    /// <summary>As the links that it is compared with are written.</summary>
    private static byte[] CanonicalPrefix(string prefix)
    {
        var bytes = Encoding.UTF8.GetBytes(prefix);
        var canonical = new byte[Canonicalizer.MaxLength(bytes.Length)];
        return PageLinks.Spelling.TryCanonicalize(bytes, canonical, out var parts) == CanonicalizationError.None ? canonical[..parts.Length] : bytes;
    }
}
