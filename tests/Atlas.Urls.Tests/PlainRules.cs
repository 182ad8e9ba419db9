using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Atlas.Urls.Tests;

/// <summary>The rules for path and query of docs/canonicalization.md, written as plainly as they read: what fast code is tried against.</summary>
/// <remarks>Text is bytes: a letter stands for each.</remarks>
internal sealed class PlainRules(CanonicalizationRules rules)
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string InPath = Unreserved + "!$&'()*+,;=:@/?";
    private const string InQuery = Unreserved + "!$&()*+,;=:@/?";
    private const RegexOptions AnyCase = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static readonly ConcurrentDictionary<string, string> Spelled = new(StringComparer.Ordinal);

    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <param name="path">From its first slash, or empty.</param>
    public string Path(string path)
    {
        var segments = path.Replace('\\', '/').Split('/').Skip(path.Length == 0 ? 0 : 1).Select(segment => Spell(segment, InPath)).ToList();
        var kept = new List<string>();
        for (var i = 0; i < segments.Count; i++)
        {
            if (segments[i] == ".." && kept.Count > 0)
                kept.RemoveAt(kept.Count - 1);
            if (segments[i] is not ("." or ".."))
                kept.Add(segments[i]);
            else if (i == segments.Count - 1)
                kept.Add("");
        }

        if (rules.DropSessionIds)
            kept = [.. kept.Select(WithoutSessionId).Where((segment, i) => i == kept.Count - 1 || !IsAspSegment(segment))];
        var spelled = "/" + string.Join('/', kept);
        return rules.FoldTrailingSlash && spelled is [.., not '/', '/'] ? spelled[..^1] : spelled;
    }

    /// <param name="query">Without the question mark.</param>
    /// <param name="host">In its one spelling.</param>
    public string Query(string query, string host)
    {
        var parts = Spell(query, InQuery).Split('&', StringSplitOptions.RemoveEmptyEntries).ToList();
        var names = parts.Where(part => part.Contains('=')).Select(Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var dropped = parts.Select(Name).Distinct().ToDictionary(name => name, name => Drops(name, host));
        var kept = parts.Where(part => !dropped[Name(part)] && !(rules.DropSessionIds && IsSessionId(part, names.Contains))).ToList();
        if (kept.Count <= 1024)
            kept = [.. kept.OrderBy(Name, StringComparer.Ordinal)];
        return kept.Count == 0 ? "" : "?" + string.Join('&', kept);
    }

    private static string Spell(string part, string plain) => Regex.Replace(part, "%[0-9A-Fa-f]{2}|.", match =>
    {
        var isEncoded = match.Length == 3;
        var letter = isEncoded ? (char)byte.Parse(match.ValueSpan[1..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : match.Value[0];
        return (isEncoded ? Unreserved : plain).Contains(letter) ? letter.ToString() : $"%{(int)letter:X2}";
    }, RegexOptions.Singleline);

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
        var sites = rules.Sites.Where(site => IsOn(host, site.Key)).Select(site => site.Value).ToList();
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

    private static bool IsOn(string host, string domain) => host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);
}
