using System.Text;
using System.Text.RegularExpressions;
using Atlas.Pipeline.Fetch;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class RobotsRulesTests
{
    [Theory]
    [InlineData("Disallow: /fish", "/fish.html", false)]
    [InlineData("Disallow: /fish", "/Fish.asp", true)]
    [InlineData("Disallow: /fish", "/catfish", true)]
    [InlineData("Disallow: /*.php", "/folder/a.php?x=1", false)]
    [InlineData("Disallow: /*.php$", "/a.php", false)]
    [InlineData("Disallow: /*.php$", "/a.php?x=1", true)]
    [InlineData("Disallow: /fish*.php", "/fishheads/catfish.php?p", false)]
    [InlineData("Disallow: /p\nAllow: /p", "/page", true)]
    [InlineData("Allow: /p\nDisallow: /page", "/page", false)]
    [InlineData("Disallow: /\nAllow: /$", "/", true)]
    [InlineData("Disallow: /\nAllow: /$", "/page.htm", false)]
    [InlineData("Disallow:", "/anything", true)]
    [InlineData("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false)]
    [InlineData("Disallow: /foo/bar/%e3%83%84", "/foo/bar/ツ", false)]
    [InlineData("Disallow: /%62ar", "/bar", false)]
    [InlineData("Disallow: /a%2Fb", "/a/b", true)]
    [InlineData("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", false)]
    [InlineData("Disallow: /x # note", "/x", false)]
    [InlineData("disallow : /x", "/x", false)]
    [InlineData("Disallow: *", "/x", false)]
    [InlineData("Disallow: $", "/", true)]
    [InlineData("Disallow: *$", "/x", false)]
    [InlineData("Disallow: /a**b", "/a-b", false)]
    [InlineData("Disallow: /a*b*", "/a-b-c", false)]
    [InlineData("Disallow: /a$b", "/a$b", false)]
    [InlineData("Disallow: /a%24", "/a$", false)]
    [InlineData("Disallow: /a%24", "/a", true)]
    [InlineData("Disallow: /x y", "/x%20y", false)]
    [InlineData("Disallow: x", "/x", true)]
    [InlineData("Disallow: /fish*\nAllow: /fish", "/fish", false)]
    [InlineData("Disallow: /fish\nAllow: /fish*", "/fish", true)]
    [InlineData("Disallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", false)]
    [InlineData("Disallow: /foo/bar?baz=https%3a%2f%2ffoo.bar", "/foo/bar?baz=https://foo.bar", false)]
    [InlineData("Disallow: /*/secret", "/a?b/secret", false)]
    [InlineData("Disallow: /*/secret", "/a?b%2Fsecret", false)]
    [InlineData("Disallow: /a%2", "/a%2", false)]
    [InlineData("Disallow: /\nAllow: /p", "/robots.txt", true)]
    public void A_rule_decides(string rules, string path, bool allowed) =>
        Assert.Equal(allowed, Parse("User-agent: *\n" + rules).Allows(new Uri("https://example.com" + path)));

    // Google's documentation of robots.txt, "URL matching based on path values".
    [Theory]
    [InlineData("/fish", "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything", "/bar /Fish.asp /catfish /?id=fish")]
    [InlineData("/fish*", "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything", "/bar /Fish.asp /catfish")]
    [InlineData("/fish/", "/fish/ /fish/salmon /fish/?salmon /fish/salmon.html /fish/?id=anything", "/fish /fish.html /Fish/Salmon.html")]
    [InlineData("/*.php", "/filename.php /folder/filename.php /folder/filename.php?parameters //folder/any.php.file.html /filename.php/ /index?f=filename.php/", "/php/ /index?php /windows.PHP")]
    [InlineData("/*.php$", "/filename.php /folder/filename.php", "/filename.php?parameters /filename.php/ /filename.php5 /php/ /filename?php /aaaphpaaa //windows.PHP")]
    [InlineData("/fish*.php", "/fish.php /fishheads/catfish.php?parameters", "/Fish.PHP")]
    public void A_path_matches_as_Google_documents_it(string rule, string matching, string others)
    {
        var rules = Parse("User-agent: *\nDisallow: /\nAllow: " + rule);

        Assert.All(matching.Split(' '), path => Assert.True(Allows(rules, path), path));
        Assert.All(others.Split(' '), path => Assert.False(Allows(rules, path), path));
    }

    [Property(MaxTest = 2000)]
    public void The_longest_rule_that_matches_decides_and_of_two_the_one_that_allows(byte[][] rules, byte[] path)
    {
        var lines = rules.Where(rule => rule is { Length: > 0 }).Select(rule => (Allows: rule[0] % 2 == 0, Pattern: Spell(rule, "/ab*$"))).Where(rule => rule.Pattern.Length > 0).ToList();
        var asked = "/" + Spell(path, "/ab%");

        // Nobody would write it like this in earnest, but it is what the RFC says.
        var deciding = lines
            .Where(rule => Regex.IsMatch(asked.Replace("%", "%25", StringComparison.Ordinal), AsRegex(rule.Pattern), RegexOptions.Singleline))
            .OrderByDescending(rule => rule.Pattern.Length + (2 * rule.Pattern[..^1].Count(letter => letter == '$')))
            .ThenByDescending(rule => rule.Allows)
            .Select(rule => rule.Allows)
            .DefaultIfEmpty(true)
            .First();

        var parsed = Parse("User-agent: *\n" + string.Join('\n', lines.Select(rule => $"{(rule.Allows ? "Allow" : "Disallow")}: {rule.Pattern}")));
        Assert.Equal(deciding, parsed.Allows(Encoding.UTF8.GetBytes(asked.Replace("%", "%25", StringComparison.Ordinal)), out _));
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        var rules = Parse("User-agent: *\nDisallow: /private\nDisallow: /*.php$\nAllow: /private/x");
        var url = new Uri("https://example.com/some/path/%7euser?x=y");
        rules.Allows(url);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++)
            rules.Allows(url);

        // The runtime joins path and query anew each time.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 150);
    }

    // What is made to be slow: many rules with stars that almost match a long path.
    [Fact]
    public void No_file_and_no_path_make_an_answer_cost_more_than_its_bound()
    {
        var rules = Parse("User-agent: *\n" + string.Concat(Enumerable.Repeat("Disallow: /*a*b\n", 30_000)));
        var path = Encoding.ASCII.GetBytes("/" + new string('a', 60_000));

        var allowed = rules.Allows(path, out var steps);

        Assert.False(allowed);
        Assert.InRange(steps, RobotsRules.MostSteps, RobotsRules.MostSteps + (4 * path.Length));
    }

    [Fact]
    public void A_large_file_in_earnest_stays_far_from_that_bound()
    {
        var rules = Parse("User-agent: *\n" + string.Concat(Enumerable.Range(0, 12_000).Select(i => $"Disallow: /*/products/{i}/*?sort=\n")));

        Assert.True(rules.Allows(Encoding.ASCII.GetBytes("/shop/products/20000/" + new string('x', 150) + "?sort=price"), out var steps));
        Assert.InRange(steps, 1, RobotsRules.MostSteps * 3 / 4);
    }

    private static string Spell(byte[] bytes, string letters) => string.Concat((bytes ?? []).Select(octet => letters[octet % letters.Length]));

    private static string AsRegex(string pattern)
    {
        var toTheEnd = pattern.EndsWith('$');
        var text = toTheEnd ? pattern[..^1] : pattern;
        return "^" + Regex.Escape(text.Replace("$", "%24", StringComparison.Ordinal)).Replace(@"\*", ".*", StringComparison.Ordinal) + (toTheEnd ? @"\z" : "");
    }

    private static RobotsRules Parse(string text) => RobotsParser.Parse(Encoding.UTF8.GetBytes(text), "atlas");

    private static bool Allows(RobotsRules rules, string path) => rules.Allows(new Uri("https://example.com" + path));
}
