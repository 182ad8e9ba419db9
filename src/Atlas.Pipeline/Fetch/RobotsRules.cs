using System.Buffers;
using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>What one host's robots.txt (RFC 9309) says to one crawler, packed: the rules' octets in one array, eight bytes beside them for each. Any number of threads may ask.</summary>
internal sealed class RobotsRules
{
    /// <summary>Bytes that are read of a robots.txt; the rest counts as not written.</summary>
    public const int MaxBytes = 500 * 1024;

    /// <summary>Octets that one answer may look at. A file that takes more, as only one made for the purpose does, is taken to forbid.</summary>
    public const int MostSteps = 4 * 1024 * 1024;

    public static readonly RobotsRules AllowAll = new([], [], null, []);

    private const int StackBytes = 512;

    private readonly byte[] _text;

    /// <summary>The most specific first, and of two as specific the one that allows: the first that matches decides.</summary>
    private readonly RobotsRule[] _rules;

    internal RobotsRules(byte[] text, RobotsRule[] rules, TimeSpan? crawlDelay, IReadOnlyList<string> sitemaps)
    {
        _text = text;
        _rules = rules;
        CrawlDelay = crawlDelay;
        Sitemaps = sitemaps;
        SitemapLines = sitemaps.Count > 0 ? new SitemapLines(sitemaps) : null;
    }

    /// <summary>Least time between two requests that the host asks for; not part of the RFC.</summary>
    public TimeSpan? CrawlDelay { get; }

    /// <summary>The Sitemap lines, whomever the groups around them are for; as written, in order.</summary>
    public IReadOnlyList<string> Sitemaps { get; }

    /// <summary>The same, for the first who takes them; null when there are none.</summary>
    public SitemapLines? SitemapLines { get; }

    /// <summary>About what it takes in memory.</summary>
    public int Bytes => ReferenceEquals(this, AllowAll) ? 0 : 160 + _text.Length + (8 * _rules.Length) + Sitemaps.Sum(sitemap => 48 + (2 * sitemap.Length));

    /// <summary>Whether the URL may be fetched: the longest rule that matches decides, and of two as long the one that allows.</summary>
    public bool Allows(Uri url)
    {
        if (_rules.Length == 0)
            return true;
        var path = url.PathAndQuery;
        var most = Encoding.UTF8.GetMaxByteCount(path.Length);
        if (most <= StackBytes)
            return Allows(path, stackalloc byte[StackBytes], stackalloc byte[StackBytes * RobotsPath.MostGrowth]);

        var rented = ArrayPool<byte>.Shared.Rent(most * (1 + RobotsPath.MostGrowth));
        try
        {
            return Allows(path, rented.AsSpan(0, most), rented.AsSpan(most));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private bool Allows(string path, Span<byte> octets, Span<byte> normal)
    {
        ReadOnlySpan<byte> asked = octets[..Encoding.UTF8.GetBytes(path, octets)];
        if (!RobotsPath.IsNormal(asked))
            asked = normal[..RobotsPath.Normalize(asked, normal, keepStars: false)];
        return Allows(asked, out _);
    }

    /// <summary>The same for a path and query in the form of <see cref="RobotsPath"/>.</summary>
    /// <param name="path">Begins with a slash.</param>
    /// <param name="steps">Octets that were looked at.</param>
    public bool Allows(ReadOnlySpan<byte> path, out int steps)
    {
        steps = 0;
        if (path.SequenceEqual("/robots.txt"u8))
            return true;

        foreach (var rule in _rules)
        {
            // Most rules are plain and end in another letter than the path has there.
            if (rule.IsPlain && (rule.Length > path.Length || path[rule.Length - 1] != rule.Last))
                steps++;
            else if (RobotsPattern.IsMatch(_text.AsSpan(rule.Offset, rule.Length), rule.ToTheEnd, path, ref steps))
                return rule.Allows;
            if (steps > MostSteps)
                return false;
        }

        return true;
    }
}
