using System.Buffers;

namespace Atlas.Pipeline.Fetch;

/// <summary>The rules for one name while a robots.txt is read.</summary>
internal sealed class RobotsGroup
{
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly List<(RobotsRule Rule, int Specificity)> _rules = [];
    private TimeSpan? _crawlDelay;
    private bool _forbids;

    /// <summary>One Allow or Disallow line; an empty one says nothing.</summary>
    public void Add(ReadOnlySpan<byte> value, bool allows)
    {
        if (value.IsEmpty)
            return;
        var toTheEnd = value[^1] == '$';
        if (toTheEnd)
            value = value[..^1];

        var into = _text.GetSpan(Math.Max(1, value.Length * RobotsPath.MostGrowth));
        var length = RobotsPath.Normalize(value, into, keepStars: true);
        var specificity = length + (toTheEnd ? 1 : 0);
        length = WithoutIdleStars(into[..length], toTheEnd);
        if (length == 0)
        {
            // "$" alone is no path's end, and "*" alone is every path.
            if (toTheEnd)
                return;
            into[length++] = (byte)'*';
        }

        _rules.Add((new RobotsRule(_text.WrittenCount, into[..length], toTheEnd, allows), specificity));
        _text.Advance(length);
        _forbids |= !allows;
    }

    /// <summary>The longest one given holds.</summary>
    public void AddCrawlDelay(TimeSpan delay) => _crawlDelay = _crawlDelay > delay ? _crawlDelay : delay;

    public RobotsRules ToRules(IReadOnlyList<string> sitemaps)
    {
        // Where nothing is forbidden, what is allowed need not be known.
        if (!_forbids)
            return _crawlDelay is null && sitemaps.Count == 0 ? RobotsRules.AllowAll : new RobotsRules([], [], _crawlDelay, [.. sitemaps]);

        _rules.Sort(static (one, other) => one.Specificity != other.Specificity
            ? other.Specificity.CompareTo(one.Specificity)
            : other.Rule.Allows.CompareTo(one.Rule.Allows));
        return new RobotsRules(_text.WrittenSpan.ToArray(), [.. _rules.Select(rule => rule.Rule)], _crawlDelay, [.. sitemaps]);
    }

    /// <summary>Drops stars that follow another one, and one at the end where anything may follow anyway. They count for how specific a rule is, but not for what it matches.</summary>
    private static int WithoutIdleStars(Span<byte> pattern, bool toTheEnd)
    {
        var length = 0;
        foreach (var octet in pattern)
        {
            if (octet != '*' || length == 0 || pattern[length - 1] != '*')
                pattern[length++] = octet;
        }

        return !toTheEnd && length > 0 && pattern[length - 1] == '*' ? length - 1 : length;
    }
}
