namespace Atlas.Pipeline.Discover;

/// <summary>Reads X-Robots-Tag: what a page asks of all crawlers.</summary>
internal static class RobotsTag
{
    /// <summary>Directives that have a colon themselves, and so are no crawler's name.</summary>
    private static readonly string[] WithValue = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

    /// <summary>Whether the header asks all crawlers not to follow links. What stands behind a crawler's name is for that one.</summary>
    /// <param name="header">The values as sent, apart by line breaks where there are several headers.</param>
    public static bool IsNofollow(ReadOnlySpan<char> header)
    {
        foreach (var line in header.EnumerateLines())
        {
            foreach (var range in line.Split(','))
            {
                var directive = line[range].Trim();
                if (directive.Equals("nofollow", StringComparison.OrdinalIgnoreCase) || directive.Equals("none", StringComparison.OrdinalIgnoreCase))
                    return true;
                if (directive.IndexOf(':') is >= 0 and var colon && !TakesValue(directive[..colon].Trim()))
                    break;
            }
        }

        return false;
    }

    private static bool TakesValue(ReadOnlySpan<char> name)
    {
        foreach (var known in WithValue)
        {
            if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
