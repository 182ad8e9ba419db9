using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>One line of a robots.txt, as key and value.</summary>
/// <param name="key">What the line is about.</param>
/// <param name="value">What it says, without blanks around it and comments behind it.</param>
/// <param name="isCut">Whether the line went on past the longest that is read.</param>
internal readonly ref struct RobotsLine(RobotsKey key, ReadOnlySpan<byte> value, bool isCut)
{
    /// <summary>Bytes that are read of a line, as in Google's parser.</summary>
    public const int MaxBytes = 2083 * 8;

    public RobotsKey Key { get; } = key;

    public ReadOnlySpan<byte> Value { get; } = value;

    public bool IsCut { get; } = isCut;

    /// <summary>Reads a line. One without meaning for us has the key <see cref="RobotsKey.Other"/>.</summary>
    /// <remarks>A missing colon and the misspellings that Google's parser knows are understood: whoever writes "disalow" does not mean to be crawled.</remarks>
    public static RobotsLine Read(ReadOnlySpan<byte> line)
    {
        var isCut = line.Length > MaxBytes;
        if (isCut)
            line = line[..MaxBytes];
        var comment = line.IndexOf((byte)'#');
        if (comment >= 0)
        {
            line = line[..comment];
            isCut = false;
        }

        line = Trim(line);

        var end = line.IndexOf((byte)':');
        if (end < 0)
        {
            // Only "disallow /x": with more words it is a sentence.
            end = line.IndexOfAny((byte)' ', (byte)'\t');
            if (end < 0 || Trim(line[end..]).ContainsAny((byte)' ', (byte)'\t'))
                return default;
        }

        return new RobotsLine(KeyOf(Trim(line[..end])), Trim(line[(end + 1)..]), isCut);
    }

    private static RobotsKey KeyOf(ReadOnlySpan<byte> key)
    {
        if (Is(key, "disallow") || Is(key, "dissallow") || Is(key, "dissalow") || Is(key, "disalow") || Is(key, "diasllow") || Is(key, "disallaw"))
            return RobotsKey.Disallow;
        if (Is(key, "allow"))
            return RobotsKey.Allow;
        if (Is(key, "user-agent") || Is(key, "useragent") || Is(key, "user agent"))
            return RobotsKey.UserAgent;
        if (Is(key, "crawl-delay") || Is(key, "crawldelay"))
            return RobotsKey.CrawlDelay;
        return Is(key, "sitemap") || Is(key, "site-map") ? RobotsKey.Sitemap : RobotsKey.Other;
    }

    private static bool Is(ReadOnlySpan<byte> key, string name) => Ascii.EqualsIgnoreCase(key, name);

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t\0\v\f"u8);
}
