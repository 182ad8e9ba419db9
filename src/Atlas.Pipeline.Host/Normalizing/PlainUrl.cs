using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>A URL read part by part with nothing but string functions, so that two spellings can be compared by somebody else than the canonicalizer.</summary>
/// <remarks>Text is bytes: a letter stands for each. Only international host names are left to the canonicalizer's own tables.</remarks>
/// <param name="Scheme">Without the colon.</param>
/// <param name="UserInfo">With its at sign, or empty.</param>
/// <param name="Host">The same for all spellings of a host.</param>
/// <param name="Port">With its colon, or empty.</param>
/// <param name="Path">From its first slash, or empty; of another scheme than http and https all that follows it.</param>
/// <param name="Query">With its question mark, or empty.</param>
/// <param name="Fragment">With its hash, or empty.</param>
internal sealed record PlainUrl(string Scheme, string UserInfo, string Host, string Port, string Path, string Query, string Fragment)
{
    /// <summary>Reads a line that has a canonical form.</summary>
    /// <param name="text">The line.</param>
    /// <param name="rules">What was chosen.</param>
    /// <param name="applied">The rules to apply. What no rule explains stays as it is.</param>
    public static PlainUrl Of(string text, CanonicalizationRules rules, IReadOnlySet<CanonicalizationRule> applied)
    {
        var plain = new PlainRules(rules, applied);
        if (plain.Applies(CanonicalizationRule.TrimEnds))
            text = text.Trim([.. Enumerable.Range(0, ' ' + 1).Select(code => (char)code)]);
        if (plain.Applies(CanonicalizationRule.JoinLines))
            text = text.Replace("\t", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        if (plain.Applies(CanonicalizationRule.ReadSchemeless))
            text = "http://" + text.TrimStart('/', '\\');

        var (scheme, rest) = Cut(text, text.IndexOf(':', StringComparison.Ordinal));
        var spelled = scheme.ToLowerInvariant();
        if (plain.Applies(CanonicalizationRule.LowerScheme) || plain.Applies(CanonicalizationRule.SpellScheme))
            scheme = spelled;
        if (spelled is not ("http" or "https"))
            return new PlainUrl(scheme, "", "", "", rest, "", "");

        rest = plain.Applies(CanonicalizationRule.SpellScheme) ? rest[1..].TrimStart('/', '\\') : rest[1..].StartsWith("//", StringComparison.Ordinal) ? rest[3..] : rest[1..];
        (rest, var fragment) = Cut(rest, rest.IndexOf('#', StringComparison.Ordinal));
        (rest, var query) = Cut(rest, rest.IndexOf('?', StringComparison.Ordinal));
        (var authority, var path) = Cut(rest, rest.IndexOfAny(['/', '\\']));
        (var userInfo, authority) = Cut(authority, authority.LastIndexOf('@') + 1, orNothing: true);
        var (host, port) = Cut(authority, authority.LastIndexOf(':') is var colon && colon > authority.LastIndexOf(']') ? colon : -1);
        if (plain.Applies(CanonicalizationRule.SpellPort))
            port = PortOf(port, spelled);
        if (plain.Applies(CanonicalizationRule.FoldScheme) && rules.FoldScheme && port.Length == 0)
            scheme = "http";
        host = HostOf(host);
        if (plain.Applies(CanonicalizationRule.FoldWww) && rules.FoldWww && host.StartsWith("www.", StringComparison.Ordinal))
            host = host[4..];
        return new PlainUrl(scheme, plain.UserInfo(userInfo), host, port, plain.Path(path), query.Length > 0 ? plain.Query(query[1..], host) : "", fragment.Length > 0 ? plain.Fragment(fragment[1..]) : "");
    }

    /// <summary>The first part in which two URLs differ; null if none.</summary>
    public string? DifferenceFrom(PlainUrl other) =>
        Scheme != other.Scheme ? "scheme"
        : UserInfo != other.UserInfo ? "user name or password"
        : Host != other.Host ? "host"
        : Port != other.Port ? "port"
        : Path != other.Path ? Host.Length > 0 ? "path" : "part behind the scheme"
        : Query != other.Query ? "query"
        : Fragment != other.Fragment ? "fragment"
        : null;

    private static (string Before, string From) Cut(string text, int at, bool orNothing = false) =>
        at >= 0 ? (text[..at], text[at..]) : orNothing ? ("", text) : (text, "");

    private static string PortOf(string port, string scheme)
    {
        if (port.Length < 2)
            return "";
        var number = int.Parse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
        return number == (scheme == "https" ? 443 : 80) ? "" : string.Create(CultureInfo.InvariantCulture, $":{number}");
    }

    private static string HostOf(string host)
    {
        var name = Uri.UnescapeDataString(host);
        if (!host.All(char.IsAscii) || !name.All(char.IsAscii))
            return HostKey.Of(Encoding.Latin1.GetBytes($"http://{host}/"));
        name = (name.EndsWith('.') ? name[..^1] : name).ToLowerInvariant();
        if (!IPAddress.TryParse(name, out var address))
            return name;
        return address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() : $"[{address}]";
    }
}
