using System.Text;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

/// <summary>The short way against the careful way, which is the definition of right.</summary>
public sealed class CleanUrlProperties
{
    private static readonly string[] Hosts = ["h", "www.example.org", "a-b.c_d.example", "1.example.e1", "xn--bcher-kva.example", new string('h', 50) + ".example"];
    private static readonly string[] Segments = ["", "a", "article-7.html", "a.b..c", "Upper~", "x,y;z=1", "@me", "%2F%C3%A9", "it's(1)!$*+", new string('p', 70), "7:8"];
    private static readonly string[] Names = ["id", "lang", "a", "B", "", "page", "page_number", "page_number_2", "utm_source", "UTM_x", "utm_", "gclid", "fbclid", "ref", "sid", "a%5B%5D", "%25", "_ga", "i", new string('n', 63)];
    private static readonly string[] Values = ["", "=", "=1", "=en", "=a=b", "=/p?q", "=%26%3D", "=" + new string('v', 20), "=" + new string('w', 90)];
    private static readonly string[] Fragments = ["", "", "", "#", "#top", "#a#b"];
    private static readonly string[] Dirt =
    [
        "", "/", "/.", "/..", "?", "#", "#!", "#/", "&", "&&", "=", "%", "%41", "%2e", "%c3", "%C3", "%C", "%7E", "\\", "@", ":", ":80", ":443", "[", ".", "..", ".1", ".0x1", "A", "Z", "0", "9", "{", "`",
        " ", "\t", "\n", "\r", "\0", "\u007f", "é", "utm_x=1&", "_", "-", "~", "!", ",", "|", "\"", "^", "?a&b?", new string('x', 64), string.Concat(Enumerable.Repeat("&q", 16)),
    ];

    private static readonly Canonicalizer[] Canonicalizers =
    [
        new(new CanonicalizationRules()),
        new(new CanonicalizationRules { FoldScheme = false, DropParams = ["sid", "B", new string('n', 63)], KeepParams = ["utm_source", "gclid"] }),
        new(new CanonicalizationRules { DropTracking = false, DropParams = [""] }),
    ];

    [Property(MaxTest = 10_000)]
    public void A_clean_url_is_what_the_careful_way_makes_of_it(byte[] choice, byte rules, byte stale) =>
        HoldsFor(Encoding.UTF8.GetBytes(Clean(choice)), rules, stale);

    [Property(MaxTest = 2_000)]
    public void So_is_a_clean_url_with_dirt_in_any_one_place(byte[] choice, byte rules, byte stale, byte dirt, bool isInserted)
    {
        var url = Encoding.UTF8.GetBytes(Clean(choice));
        var bytes = Encoding.UTF8.GetBytes(Dirt[dirt % Dirt.Length]);

        for (var place = 0; place < url.Length; place++)
            HoldsFor([.. url[..place], .. bytes, .. url[(isInserted ? place : place + 1)..]], rules, stale);
    }

    [Property(MaxTest = 2_000)]
    public void So_is_a_clean_url_that_ends_early(byte[] choice, byte rules, byte stale)
    {
        var url = Encoding.UTF8.GetBytes(Clean(choice));

        for (var length = 0; length < url.Length; length++)
            HoldsFor(url[..length], rules, stale);
    }

    /// <summary>Every byte picks one part, so that a failing case shrinks to a short URL.</summary>
    private static string Clean(byte[] choice)
    {
        var url = new StringBuilder(choice.Length % 2 == 0 ? "http://" : "https://").Append(Hosts[At(0) % Hosts.Length]);
        var segments = At(1) % 5;
        var parameters = At(2) % (At(2) > 250 ? 40 : 7);
        for (var i = 0; i < segments; i++)
            url.Append('/').Append(Segments[At(4 + i) % Segments.Length]);
        for (var i = 0; i < parameters; i++)
            url.Append(i == 0 ? '?' : '&').Append(Names[At(9 + 2 * i) % Names.Length]).Append(Values[At(10 + 2 * i) % Values.Length]);
        return url.Append(Fragments[At(3) % Fragments.Length]).ToString();

        int At(int index) => index < choice.Length ? choice[index] : 0;
    }

    private static void HoldsFor(byte[] url, byte rules, byte stale)
    {
        var canonicalizer = Canonicalizers[rules % Canonicalizers.Length];
        var expected = new byte[Canonicalizer.MaxLength(url.Length) + 64 * (rules & 1)];
        var actual = new byte[expected.Length];
        actual.AsSpan().Fill(stale);

        var expectedError = canonicalizer.CanonicalizeCarefully(url, expected, out var expectedParts);
        var actualError = canonicalizer.TryCanonicalize(url, actual, out var actualParts);

        if (expectedError == actualError && expectedParts == actualParts && expected.AsSpan(0, expectedParts.Length).SequenceEqual(actual.AsSpan(0, actualParts.Length)))
            return;
        Assert.Fail($"""
            {Encoding.UTF8.GetString(url)}
            should be {expectedError} {Encoding.UTF8.GetString(expected, 0, expectedParts.Length)} {expectedParts}
            but is    {actualError} {Encoding.UTF8.GetString(actual, 0, actualParts.Length)} {actualParts}
            """);
    }
}
