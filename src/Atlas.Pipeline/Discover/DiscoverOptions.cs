using System.Text;
using System.Text.RegularExpressions;
using Atlas.Pipeline.Topology;
using Atlas.Urls;

namespace Atlas.Pipeline.Discover;

/// <summary>How far from a page its links may lead.</summary>
internal enum DiscoverScope
{
    /// <summary>The same host and port.</summary>
    Host = 0,

    /// <summary>The same registrable domain.</summary>
    Domain,

    /// <summary>One of <see cref="DiscoverOptions.Prefixes"/>.</summary>
    Prefix,
    Any,
}

/// <summary>Settings of the <c>discover</c> stage.</summary>
internal sealed record DiscoverOptions
{
    /// <summary>The greatest <see cref="MaxDepth"/>: a depth is one byte in the ledger.</summary>
    public const int MostDepth = 200;

    /// <summary>The greatest <see cref="MaxPathSegments"/>.</summary>
    public const int MostPathSegments = 200;

    public DiscoverScope Scope { get; init; }

    /// <summary>What links must begin with, when the scope is <see cref="DiscoverScope.Prefix"/>.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>Links away from the lines of the input, from 1; 3 by default.</summary>
    public int MaxDepth { get; init; } = 3;

    /// <summary>One of these must match, if there are any.</summary>
    public IReadOnlyList<Regex> Include { get; init; } = [];

    /// <summary>None of these may match.</summary>
    public IReadOnlyList<Regex> Exclude { get; init; } = [];

    /// <summary>Distinct links of one page or feed that are followed; 1,000 by default. Sitemaps have a limit of their own.</summary>
    public int MaxLinksPerPage { get; init; } = 1_000;

    /// <summary>Whether <c>nofollow</c> is overruled.</summary>
    public bool FollowNofollow { get; init; }

    /// <summary>Bytes of a link, made absolute; 2,048 by default.</summary>
    public int MaxUrlBytes { get; init; } = 2_048;

    /// <summary>Segments of a path; 20 by default.</summary>
    public int MaxPathSegments { get; init; } = 20;

    /// <summary>How often one to three segments of a path may come again right behind themselves; 2 by default.</summary>
    public int MaxSegmentRepeats { get; init; } = 2;

    internal static DiscoverOptions Read(SettingsReader yaml)
    {
        var scope = yaml.Choice("scope", "How far links may lead: to the same host and port, to the same registrable domain (example.co.uk, by the Public Suffix List), to URLs that begin with one of prefixes, or anywhere.", ["host", "domain", "prefix", "any"], or: "host");
        var options = new DiscoverOptions
        {
            Scope = (DiscoverScope)Array.IndexOf(["host", "domain", "prefix", "any"], scope),
            Prefixes = yaml.Strings("prefixes", "With scope: prefix, what a link must begin with: absolute URLs, compared in canonical form.", or: []),
            MaxDepth = yaml.Int32("max_depth", "Links away from the lines of the input: 1 follows the links of their documents, and none of those.", min: 1, max: MostDepth, or: 3),
            Include = Patterns(yaml, "include", "Regular expressions without backreferences and lookaround, tried on the canonical form of a link; one of them must match, if there are any."),
            Exclude = Patterns(yaml, "exclude", "The same; a link that one of them matches is not followed."),
            MaxLinksPerPage = yaml.Int32("max_links_per_page", "Distinct links of one page or feed that are followed, the first ones; of a sitemap it is 50,000 whatever is set here.", min: 1, max: 50_000, or: 1_000),
            FollowNofollow = yaml.Boolean("follow_nofollow", "Whether links are followed although rel=nofollow, meta robots or X-Robots-Tag ask not to.", or: false),
            MaxUrlBytes = yaml.Int32("max_url_bytes", "Bytes of a link, made absolute; a longer one is not followed.", min: 64, max: 32_768, or: 2_048),
            MaxPathSegments = yaml.Int32("max_path_segments", "Segments in the path of a link; one with more is taken for a trap and not followed.", min: 1, max: MostPathSegments, or: 20),
            MaxSegmentRepeats = yaml.Int32("max_segment_repeats", "How often one to three segments may come again right behind themselves: with 2, /a/b/a/b/a/b/ is taken for a trap.", min: 1, max: 100, or: 2),
        };
        if (options.Scope == DiscoverScope.Prefix && options.Prefixes.Count == 0)
            yaml.Report("scope", "prefix needs prefixes: write prefixes: [\"https://example.org/docs/\"].");
        if (options.Scope != DiscoverScope.Prefix && options.Prefixes.Count > 0)
            yaml.Report("prefixes", "has a meaning with scope: prefix only.");
        foreach (var prefix in options.Prefixes.Where(prefix => !IsAbsolute(prefix)))
            yaml.Report("prefixes", $"'{prefix}' is no absolute http or https URL.");
        return options;
    }

    private static bool IsAbsolute(string prefix) => HostKey.Of(Encoding.UTF8.GetBytes(prefix)).Length > 0 && prefix.Contains("://", StringComparison.Ordinal);

    private static List<Regex> Patterns(SettingsReader yaml, string name, string doc)
    {
        var patterns = new List<Regex>();
        foreach (var text in yaml.Strings(name, doc, or: []))
        {
            try
            {
                // Linear in the link, whatever the pattern.
                patterns.Add(new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            }
            catch (Exception mistake) when (mistake is ArgumentException or NotSupportedException)
            {
                yaml.Report(name, $"'{text}' is no pattern that can be used: {mistake.Message}");
            }
        }

        return patterns;
    }
}
