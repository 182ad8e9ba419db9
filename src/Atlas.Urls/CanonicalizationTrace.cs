using System.Text;

namespace Atlas.Urls;

/// <summary>The way from a line to its canonical form, rule by rule, for people.</summary>
/// <remarks>Takes the line apart as text and puts each part through the canonicalizer's own rules; allocates as it likes.</remarks>
public sealed class CanonicalizationTrace
{
    private readonly CanonicalizationRules _rules;
    private readonly ParameterNames _names;
    private readonly List<CanonicalizationStep> _steps = [];
    private UrlParts _url = new("", "", "", "", "", null, null);

    private CanonicalizationTrace(Canonicalizer canonicalizer)
    {
        _rules = canonicalizer.Rules;
        _names = canonicalizer.Names;
    }

    private delegate int Rewrite(ReadOnlySpan<byte> part, Span<byte> to);

    /// <summary>The steps, only those that changed something: the last one's URL is the canonical form. None if the line is one already, or has none.</summary>
    /// <param name="line">The line.</param>
    /// <param name="rules">What was chosen.</param>
    /// <param name="error">Why there is no canonical form.</param>
    public static IReadOnlyList<CanonicalizationStep> Of(string line, CanonicalizationRules rules, out CanonicalizationError error) => Of(line, new Canonicalizer(rules), out error);

    /// <summary>The same for who asks about many lines.</summary>
    /// <param name="line">The line.</param>
    /// <param name="canonicalizer">What was chosen.</param>
    /// <param name="error">Why there is no canonical form.</param>
    public static IReadOnlyList<CanonicalizationStep> Of(string line, Canonicalizer canonicalizer, out CanonicalizationError error)
    {
        ArgumentNullException.ThrowIfNull(canonicalizer);
        var bytes = Encoding.UTF8.GetBytes(line);
        var to = new byte[Canonicalizer.MaxLength(bytes.Length)];
        error = canonicalizer.TryCanonicalize(bytes, to, out var result);
        var trace = new CanonicalizationTrace(canonicalizer);
        if (error == CanonicalizationError.None)
            trace.Walk(line, Encoding.UTF8.GetString(to, 0, result.Length), Encoding.UTF8.GetString(to, result.HostStart, result.HostLength), result, canonicalizer);
        return trace._steps;
    }

    private void Walk(string line, string canonical, string hostKey, CanonicalUrl result, Canonicalizer canonicalizer)
    {
        var text = Step(CanonicalizationRule.TrimEnds, "white space at the ends goes", line, TrimEnds(line));
        text = Step(CanonicalizationRule.JoinLines, "tabs and line breaks go", text, string.Concat(text.Where(letter => letter is not ('\t' or '\r' or '\n'))));
        if (!result.IsHttp)
        {
            Step(CanonicalizationRule.LowerScheme, "the scheme is put in lower case", text, canonical);
            return;
        }

        var schemeLength = canonicalizer.SchemeLength(Encoding.UTF8.GetBytes(text));
        _url = UrlParts.Of(text, schemeLength);
        if (schemeLength == 0)
            Step(CanonicalizationRule.ReadSchemeless, "a line without a scheme is http", text, _url.ToString());
        else
            Step(CanonicalizationRule.SpellScheme, "scheme and slashes get one spelling", text, _url.ToString());
        Change(CanonicalizationRule.SpellUserInfo, "user name and password get one spelling, empty ones go", url => url with { UserInfo = url.UserInfo.Length > 0 ? Put(url.UserInfo[..^1], UserInfo.Write) : "" });
        WalkHost(hostKey);
        WalkPath();
        WalkQuery(Encoding.ASCII.GetBytes(_url.Host));
        Change(CanonicalizationRule.DropFragment, "a fragment goes unless it starts with #! or #/", url => url with { Fragment = url.Fragment is ['!' or '/', ..] ? Spelled(url.Fragment, PercentEncoding.InFragment) : null });
        Change(CanonicalizationRule.FoldScheme, "https on its default port is written http", url => url with { Scheme = canonical[..result.SchemeLength] });
    }

    private void WalkHost(string hostKey)
    {
        var port = hostKey.LastIndexOf(':') is var colon and > 0 && hostKey[^1] != ']' ? hostKey[colon..] : "";
        var name = hostKey[..^port.Length];
        var whole = Put(_url.Host, Host.Write);
        Change(CanonicalizationRule.SpellPort, "the default port goes, others lose leading zeros", url => url with { Port = port });
        Change(CanonicalizationRule.LowerHost, "the host is put in lower case", url => url with { Host = url.Host.All(char.IsAscii) ? url.Host.ToLowerInvariant() : url.Host });
        Change(CanonicalizationRule.DropRootDot, "the root's dot goes", url => url with { Host = url.Host.TrimEnd('.') == whole ? whole : url.Host });
        var (rule, text) = name[0] == '[' ? (CanonicalizationRule.SpellIpv6, "an IPv6 address gets its shortest notation")
            : name[(name.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit) ? (CanonicalizationRule.SpellIpv4, "an IPv4 address gets four decimal parts")
            : (CanonicalizationRule.HostToAscii, "the host is decoded and written in ASCII (UTS #46)");
        Change(rule, text, url => url with { Host = whole });
        Change(CanonicalizationRule.FoldWww, "www. goes", url => url with { Host = name });
    }

    private void WalkPath()
    {
        Change(CanonicalizationRule.Backslashes, "backslashes are slashes", url => url with { Path = url.Path.Replace('\\', '/') });
        Change(CanonicalizationRule.SpellPath, "percent-encoding of the path gets one spelling", url => url with { Path = Spelled(url.Path, PercentEncoding.InPath) });
        Change(CanonicalizationRule.ResolveDots, "dot segments are resolved, an empty path is a slash", url => url with { Path = Put(url.Path, WritePath) });
        if (_rules.DropSessionIds)
            Change(CanonicalizationRule.CutSessionIds, "session ids go from the path", url => url with { Path = Put(url.Path, CutSessionIds) });
        if (_rules.FoldTrailingSlash)
            Change(CanonicalizationRule.FoldTrailingSlash, "the slash at the end goes", url => url.Path is [.., not '/', '/'] ? url with { Path = url.Path[..^1] } : url);
    }

    private void WalkQuery(byte[] host)
    {
        Change(CanonicalizationRule.SpellQuery, "percent-encoding of the query gets one spelling", url => url with { Query = url.Query is { } query ? Spelled(query, PercentEncoding.InQuery) : null });
        Change(CanonicalizationRule.DropEmptyParts, "empty parts of the query go", url => url with { Query = url.Query is { } query ? string.Join('&', Parameters(query)) : null });
        var whole = Encoding.UTF8.GetBytes(_url.Query ?? "");
        Drop(CanonicalizationRule.DropParameters, "tracking parameters and those on the lists go", (name, _) => ParameterFilter.Drops(_names, name, host));
        if (_rules.DropSessionIds)
            Drop(CanonicalizationRule.DropSessionIds, "session ids go from the query", (name, value) => SessionIds.Contains(name, value, whole));
        Change(CanonicalizationRule.SortParameters, "parameters are sorted by name", url => url.Query is { } query && Parameters(query) is { Length: <= QueryOrder.Most } parts ? url with { Query = string.Join('&', parts.OrderBy(part => Split(part).Name, StringComparer.Ordinal)) } : url);
        Change(CanonicalizationRule.DropEmptyQuery, "an empty query goes", url => url with { Query = url.Query is "" ? null : url.Query });
    }

    private void Drop(CanonicalizationRule rule, string text, Func<byte[], byte[], bool> drops)
    {
        var parts = Parameters(_url.Query ?? "");
        var gone = parts.Where(part => Split(part) is var (name, value) && drops(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value))).ToList();
        if (gone.Count == 0)
            return;
        _url = _url with { Query = string.Join('&', parts.Where(part => !gone.Contains(part))) };
        _steps.Add(new CanonicalizationStep(rule, text, string.Join(", ", gone.Select(part => Split(part).Name)), _url.ToString()));
    }

    private void Change(CanonicalizationRule rule, string text, Func<UrlParts, UrlParts> change)
    {
        var before = _url.ToString();
        _url = change(_url);
        Step(rule, text, before, _url.ToString());
    }

    private string Step(CanonicalizationRule rule, string text, string before, string after)
    {
        if (before != after)
            _steps.Add(new CanonicalizationStep(rule, text, "", after));
        return after;
    }

    private static string[] Parameters(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries);

    private static (string Name, string Value) Split(string part) =>
        part.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? (part[..equals], part[(equals + 1)..]) : (part, "");

    private static string TrimEnds(string line)
    {
        var trimmed = line.AsSpan();
        while (trimmed.Length > 0 && trimmed[0] <= ' ')
            trimmed = trimmed[1..];
        while (trimmed.Length > 0 && trimmed[^1] <= ' ')
            trimmed = trimmed[..^1];
        return trimmed.ToString();
    }

    private static string Spelled(string part, ByteSpellings spellings) => Put(part, (bytes, to) => PercentEncoding.Normalize(bytes, to, spellings));

    private static int WritePath(ReadOnlySpan<byte> path, Span<byte> to)
    {
        var applied = AppliedRules.None;
        return UrlPath.Write(path, to, ref applied);
    }

    private static int CutSessionIds(ReadOnlySpan<byte> path, Span<byte> to)
    {
        path.CopyTo(to);
        return SessionIds.CutFromPath(to[..path.Length]);
    }

    private static string Put(string part, Rewrite rewrite)
    {
        var bytes = Encoding.UTF8.GetBytes(part);
        var to = new byte[3 * bytes.Length + 64];
        return Encoding.UTF8.GetString(to, 0, rewrite(bytes, to));
    }
}
