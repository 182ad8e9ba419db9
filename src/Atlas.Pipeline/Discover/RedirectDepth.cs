using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Discover;

/// <summary>How deep a URL counts that a redirect has led to. A found link must not take the crawl out of its scope by way of a redirect: the page it ends at is fetched, and its links are not followed. Any thread.</summary>
internal sealed class RedirectDepth(DiscoverOptions options)
{
    private readonly LinkScope _scope = new(options);

    /// <summary>The depth of the item, or one from where no link is followed.</summary>
    /// <param name="item">What was asked for. A line of the input takes its scope along: whoever asks for a site wants the one it has moved to.</param>
    /// <param name="target">Where its host has sent us.</param>
    public byte Of(WorkItem item, string target)
    {
        if (item.Depth == 0)
            return 0;
        var line = Encoding.UTF8.GetBytes(target);
        var canonical = new byte[Canonicalizer.MaxLength(line.Length)];
        return PageLinks.Spelling.TryCanonicalize(line, canonical, out var parts) == CanonicalizationError.None
            && _scope.Judge(canonical.AsSpan(0, parts.Length), canonical.AsSpan(parts.HostStart, parts.HostLength), Encoding.UTF8.GetBytes(item.HostKey)) == LinkFate.Followed
            ? item.Depth
            : (byte)DiscoverOptions.MostDepth;
    }
}
