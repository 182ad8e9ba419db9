using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>What one host's robots.txt (RFC 9309) says to one crawler. Only the rules for that crawler are kept.</summary>
internal sealed class RobotsRules
{
    /// <summary>Bytes that are read of a robots.txt; the rest counts as not written.</summary>
    public const int MaxBytes = 500 * 1024;

    public static readonly RobotsRules AllowAll = new([]);

    private readonly List<(RobotsPattern Pattern, bool Allow)> _rules;

    private RobotsRules(List<(RobotsPattern Pattern, bool Allow)> rules) => _rules = rules;

    /// <summary>Reads a robots.txt. There is no robots.txt that cannot be read: lines without meaning are skipped.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="productToken">Our name, without version.</param>
    public static RobotsRules Parse(ReadOnlySpan<byte> bytes, string productToken)
    {
        if (bytes.Length > MaxBytes)
            bytes = bytes[..MaxBytes];
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];

        List<(RobotsPattern, bool)>? ours = null;
        List<(RobotsPattern, bool)> everyones = [];
        bool isOurs = false, isEveryones = false, inAgents = false;
        foreach (var range in bytes.SplitAny("\r\n"u8))
        {
            if (!TryReadLine(bytes[range], out var key, out var value))
                continue;

            if (key.Equals("user-agent", StringComparison.OrdinalIgnoreCase))
            {
                if (!inAgents)
                    isOurs = isEveryones = false;
                inAgents = true;
                if (TokenOf(value).Equals(productToken, StringComparison.OrdinalIgnoreCase))
                {
                    isOurs = true;
                    ours ??= [];
                }

                isEveryones |= value is "*";
                continue;
            }

            var allow = key.Equals("allow", StringComparison.OrdinalIgnoreCase);
            if (!allow && !key.Equals("disallow", StringComparison.OrdinalIgnoreCase))
                continue;
            inAgents = false;
            if (value.Length == 0 || !(isOurs || isEveryones))
                continue;
            var pattern = new RobotsPattern(value);
            if (isOurs)
                ours!.Add((pattern, allow));
            if (isEveryones)
                everyones.Add((pattern, allow));
        }

        return new RobotsRules(ours ?? everyones);
    }

    /// <summary>Whether the URL may be fetched: the longest rule that matches decides, and of two as long the one that allows.</summary>
    public bool Allows(Uri url)
    {
        if (_rules.Count == 0)
            return true;
        var path = RobotsPattern.Normalize(url.PathAndQuery);
        var longest = -1;
        var allowed = true;
        foreach (var (pattern, allow) in _rules)
        {
            if (pattern.Length < longest || (pattern.Length == longest && !allow) || !pattern.IsMatch(path))
                continue;
            longest = pattern.Length;
            allowed = allow;
        }

        return allowed;
    }

    private static bool TryReadLine(ReadOnlySpan<byte> line, out string key, out string value)
    {
        key = value = "";
        var comment = line.IndexOf((byte)'#');
        if (comment >= 0)
            line = line[..comment];
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
            return false;
        key = Encoding.UTF8.GetString(line[..colon]).Trim();
        value = Encoding.UTF8.GetString(line[(colon + 1)..]).Trim();
        return true;
    }

    private static string TokenOf(string agent)
    {
        var end = agent.AsSpan().IndexOfAny('/', ' ', '\t');
        return end < 0 ? agent : agent[..end];
    }
}
