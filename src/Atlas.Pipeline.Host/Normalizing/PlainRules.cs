using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>The rules for path, query, fragment and user name of docs/canonicalization.md, written as plainly as they read: what fast code is tried against.</summary>
/// <remarks>Text is bytes: a letter stands for each.</remarks>
/// <param name="rules">What was chosen.</param>
/// <param name="applied">The rules to apply, the others change nothing; all if null.</param>
internal sealed class PlainRules(CanonicalizationRules rules, IReadOnlySet<CanonicalizationRule>? applied = null)
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string InPath = Unreserved + "!$&'()*+,;=:@/?";
    private const string InQuery = Unreserved + "!$&()*+,;=:@/?";
    private const string InUserInfo = Unreserved + "!$&'()*+,";
    private const RegexOptions AnyCase = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static readonly ConcurrentDictionary<string, string> Spelled = new(StringComparer.Ordinal);

    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public bool Applies(CanonicalizationRule rule) => applied is null || applied.Contains(rule);

    /// <param name="userInfo">With its at sign, or empty.</param>
    public string UserInfo(string userInfo)
    {
        if (userInfo.Length == 0 || !Applies(CanonicalizationRule.SpellUserInfo))
            return userInfo;
        var parts = userInfo[..^1].Split(':', 2).Select(part => Spell(part, InUserInfo)).ToList();
        var spelled = string.Join(':', parts).TrimEnd(':');
        return spelled.Length > 0 ? spelled + "@" : "";
    }

    /// <param name="path">From its first slash, or empty.</param>
    public string Path(string path)
    {
        if (Applies(CanonicalizationRule.Backslashes))
            path = path.Replace('\\', '/');
        if (Applies(CanonicalizationRule.SpellPath))
            path = Spell(path, InPath);
        if (Applies(CanonicalizationRule.ResolveDots))
            path = WithoutDots(path);
        if (rules.DropSessionIds && Applies(CanonicalizationRule.CutSessionIds))
        {
            var segments = path.Split('/').Select(WithoutSessionId).ToList();
            path = string.Join('/', segments.Where((segment, i) => i == segments.Count - 1 || !IsAspSegment(segment)));
        }

        return rules.FoldTrailingSlash && Applies(CanonicalizationRule.FoldTrailingSlash) && path is [.., not '/', '/'] ? path[..^1] : path;
    }

    /// <summary>The query with its question mark, or nothing.</summary>
    /// <param name="query">Without the question mark.</param>
    /// <param name="host">In its one spelling.</param>
    public string Query(string query, string host)
    {
        if (Applies(CanonicalizationRule.SpellQuery))
            query = Spell(query, InQuery);
        IEnumerable<string> parts = query.Split('&', Applies(CanonicalizationRule.DropEmptyParts) ? StringSplitOptions.RemoveEmptyEntries : StringSplitOptions.None);
        var names = parts.Where(part => part.Contains('=')).Select(Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var dropped = Applies(CanonicalizationRule.DropParameters) ? parts.Select(Name).Distinct().Where(name => Drops(name, host)).ToHashSet() : [];
        parts = parts.Where(part => !dropped.Contains(Name(part)));
        if (rules.DropSessionIds && Applies(CanonicalizationRule.DropSessionIds))
            parts = parts.Where(part => !IsSessionId(part, names.Contains));
        if (Applies(CanonicalizationRule.SortParameters) && parts.Count() <= 1024)
            parts = parts.OrderBy(Name, StringComparer.Ordinal);
        query = string.Join('&', parts);
        return query.Length == 0 && Applies(CanonicalizationRule.DropEmptyQuery) ? "" : "?" + query;
    }

    /// <summary>The fragment with its hash, or nothing.</summary>
    /// <param name="fragment">Without the hash.</param>
    public string Fragment(string fragment)
    {
        if (!Applies(CanonicalizationRule.DropFragment))
            return "#" + fragment;
        return fragment is ['!' or '/', ..] ? "#" + Spell(fragment, InPath) : "";
    }

    private static string Spell(string part, string plain) => Regex.Replace(part, "%[0-9A-Fa-f]{2}|.", match =>
    {
        var isEncoded = match.Length == 3;
        var letter = isEncoded ? (char)byte.Parse(match.ValueSpan[1..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : match.Value[0];
        return (isEncoded ? Unreserved : plain).Contains(letter) ? letter.ToString() : $"%{(int)letter:X2}";
    }, RegexOptions.Singleline);

    private static string WithoutDots(string path)
    {
        var segments = path.Length == 0 ? [""] : path.Split('/')[1..];
        var kept = new List<string>();
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i] == ".." && kept.Count > 0)
                kept.RemoveAt(kept.Count - 1);
            if (segments[i] is not ("." or ".."))
                kept.Add(segments[i]);
            else if (i == segments.Length - 1)
                kept.Add("");
        }

        return "/" + string.Join('/', kept);
    }

    private static string Name(string part) => part.Split('=')[0];

    private static string WithoutSessionId(string segment)
    {
        var mark = segment.LastIndexOf(';');
        return mark >= 0 && segment[..mark] is not ("." or "..") && segment.IndexOf('=', mark) > mark + 1 && IsSessionId(segment[(mark + 1)..], _ => false)
            ? WithoutSessionId(segment[..mark])
            : segment;
    }

    private static bool IsAspSegment(string segment) => Regex.IsMatch(segment, @"\A\(([A-Za-z0-9]{24}|([A-Za-z]\([A-Za-z0-9]{24}\))+)\)\z");

    private static bool IsSessionId(string part, Func<string, bool> hasValueOf) =>
        Regex.IsMatch(part, @"\A(sid=(?=.*\d)[a-z0-9]{32}|phpsessid=(?=.*\d)[a-z0-9]{22,64}|session_?id=(?=.*\d)[a-z0-9]{24,64}|jsessionid=(?=.*\d)[a-z0-9$.!_~+%-]{16,128}|aspsessionid.{8}=[a-z0-9]{24})\z", AnyCase)
        || (hasValueOf("cftoken") && Regex.IsMatch(part, @"\Acfid=(?=.*\d)[a-z0-9]{1,40}\z", AnyCase))
        || (hasValueOf("cfid") && Regex.IsMatch(part, @"\Acftoken=(?=.*\d)[a-z0-9]{1,64}\z", AnyCase));

    private bool Drops(string name, string host)
    {
        var sites = rules.Sites.Where(site => IsOn(host, DomainOf(site.Key))).Select(site => site.Value).ToList();
        if (sites.Any(site => IsIn(site.KeepParams, name)))
            return false;
        if (sites.Any(site => IsIn(site.DropParams, name)))
            return true;
        return !IsIn(rules.KeepParams, name) && (IsIn(rules.DropParams, name) || (rules.DropTracking && IsTracking(name, host)));
    }

    private static bool IsTracking(string name, string host) =>
        Regex.IsMatch(name, @"\Autm_.", AnyCase)
        || IsIn(TrackingParameters.Everywhere, name)
        || TrackingParameters.OnSites.Any(list => list.Domains.Any(domain => IsOn(host, domain)) && IsIn(list.Names, name));

    private static bool IsIn(IEnumerable<string> list, string name) => list.Any(listed => Spelled.GetOrAdd(listed, _ => Spell(Bytes(listed), InQuery)).Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string DomainOf(string domain) => HostKey.Of(Encoding.UTF8.GetBytes($"http://{domain}/"));

    private static bool IsOn(string host, string domain) => host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);
}
