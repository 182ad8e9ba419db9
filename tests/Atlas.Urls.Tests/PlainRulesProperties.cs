using System.Text;
using Atlas.Pipeline.Host.Normalizing;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

/// <summary>Every way to a canonical form against the plain rules, with URLs made to be hard.</summary>
public sealed class PlainRulesProperties
{
    private static readonly string[] Hosts =
    [
        "h", "www.example.org", "a.example.org", "x.a.example.org", "youtube.com", "m.youtube.com", "notyoutube.com", "amazon.co.uk", string.Concat(Enumerable.Repeat("a.", 110)) + "youtube.com",
    ];

    private static readonly string[] PathPieces =
    [
        "/", "/", "//", "/.", "/..", "/.a", "/..a", "/...", "\\", "%2e", "/%2e%2E", "%", "%4", "%41", "%c3", "%C3", "%zz", "é", "'", ";", "(", ")", "=", "|", "%25", "%5c", "%2f", "@", ":", "~", "article",
        new string('p', 30), new string('p', 70), "/(S(0123456789abcdefghijklmn))", "/(0123456789abcdefghijklmn)", "/(A(0123456789abcdefghijklmn)B(0123456789abcdefghijklmn))/", "(S(0123456789abcdefghijklm))",
        ";jsessionid=0123456789abcdef.n1", ";jsessionid=0123456789%41abcde", ";sid=0123456789abcdef0123456789abcdef", ";SessionID=0123456789abcdefghijklmnop", ";cfid=1", ";sessionid=2024-agenda",
    ];

    private static readonly string[] QueryPieces =
    [
        "&", "&", "&&", "=", "a", "b", "B", "id=1", "utm_source=x", "utm_=", "UTM_b", "utm_b=2", "%75tm_x", "gclid", "si", "igsh", "t=1", "page=2", "pd_rd_r", "content-id", "fb_action_ids=1", "fb_action_idx", "redirect_mongo_id", "_ga",
        "sid=0123456789abcdef0123456789abcdef", "SID=1", "cfid=1", "CF%54OKEN=2", "cftoken=3", "cfid", "cftoken", "phpsessid=0123456789abcdef0123456789", "jsessionid=0123456789abcdef.x!1",
        "ASPsessionidABCDEFGH=0123456789abcdefghijklmn", "session_id=0123456789abcdefghijklmnop", "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnopq", "abcdefghijklz=3", "abcdefghijkly", new string('z', 70),
        "%", "%41", "%c3%a9", "é", "'", "\"", "|", "%26", "%3d", "%3D", "?", "/", "%zz", "%6", ".",
    ];

    private static readonly CanonicalizationRules[] Rules =
    [
        new(),
        new() { FoldTrailingSlash = true, DropSessionIds = true },
        new()
        {
            DropSessionIds = true,
            DropParams = ["sid", "B", "", "é", "abcdefghijklz"],
            KeepParams = ["utm_source", "gclid", "b"],
            Sites = new Dictionary<string, SiteRules>
            {
                ["youtube.com"] = new(["t", "cftoken"], ["si", "x"]),
                ["example.org"] = new(["page", "SID"], ["gclid", "utm_b"]),
                ["a.example.org"] = new(["gclid", "b"], ["page"]),
            },
        },
        new() { DropTracking = false, DropParams = ["a"] },
    ];

    private static readonly (Canonicalizer Fast, PlainRules Plain)[] Ways = [.. Rules.Select(rules => (new Canonicalizer(rules), new PlainRules(rules)))];

    [Property(MaxTest = 10_000)]
    public void Paths_and_queries_follow_the_rules(byte[] path, byte[] query, byte[] choice) =>
        HoldsFor(Join(PathPieces, path, 1, false), Join(QueryPieces, query, 1, At(choice, 0) % 2 == 0), choice);

    [Property(MaxTest = 400)]
    public void So_do_queries_of_thousands_of_parameters(byte[] query, byte[] choice) =>
        HoldsFor("/", Join(QueryPieces, query, 1 + (At(choice, 4) * 16 / (query.Length + 1)), true, At(choice, 5)), choice);

    [Property(MaxTest = 400)]
    public void So_do_paths_of_thousands_of_segments(byte[] path, byte[] choice) =>
        HoldsFor(Join(PathPieces, path, 1 + (At(choice, 4) * 16 / (path.Length + 1)), false), "a", choice);

    private static string Join(string[] pieces, byte[] choice, int times, bool isSeparated, int marked = 0)
    {
        var text = new StringBuilder();
        for (var i = 0; i < choice.Length * times; i++)
        {
            text.Append(isSeparated && i > 0 ? "&" : "").Append(pieces[choice[i % choice.Length] % pieces.Length]);
            // Names that no other part has, and values by which a wrong order among equal names shows.
            if (marked % 3 == 1)
                text.Append((char)('a' + (i * 7 % 26))).Append(i * 31 % 97);
            else if (marked % 3 == 2)
                text.Append('=').Append(i);
        }

        return text.ToString();
    }

    private static int At(byte[] choice, int index) => index < choice.Length ? choice[index] : 0;

    private static void HoldsFor(string path, string query, byte[] choice)
    {
        var host = Hosts[At(choice, 1) % Hosts.Length];
        var (fast, plain) = Ways[At(choice, 2) % Ways.Length];
        path = "/" + path;
        var (spelledPath, spelledQuery) = (PlainRules.Bytes(path), PlainRules.Bytes(query));
        var expected = $"http://{host}{plain.Path(spelledPath)}{plain.Query(spelledQuery, host)}";
        var url = Encoding.UTF8.GetBytes($"http://{host}{path}?{query}");
        var to = new byte[Canonicalizer.MaxLength(url.Length) + (At(choice, 3) % 2 * 64)];

        to.AsSpan().Fill((byte)At(choice, 3));
        Assert.Equal(CanonicalizationError.None, fast.TryCanonicalize(url, to, out var parts));
        Assert.Equal(expected, Encoding.Latin1.GetString(to, 0, parts.Length));

        to.AsSpan().Fill((byte)At(choice, 3));
        Assert.Equal(CanonicalizationError.None, fast.CanonicalizeCarefully(url, to, out parts));
        Assert.Equal(expected, Encoding.Latin1.GetString(to, 0, parts.Length));
    }
}
