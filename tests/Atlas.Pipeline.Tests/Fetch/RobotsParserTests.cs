using System.Text;
using Atlas.Pipeline.Fetch;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>Groups, lines and bytes. Many cases are those of Google's robotstxt (github.com/google/robotstxt, robots_test.cc), written anew.</summary>
public sealed class RobotsParserTests
{
    private const string Groups = """
        allow: /foo/bar/

        user-agent: FooBot
        disallow: /
        allow: /x/
        user-agent: BarBot
        disallow: /
        allow: /y/


        allow: /w/
        user-agent: BazBot

        user-agent: FooBot
        allow: /z/
        disallow: /
        """;

    [Theory]
    [InlineData("FooBot", "/x/b /z/d", "/y/c /foo/bar/")]
    [InlineData("BarBot", "/y/c /w/a", "/z/d /foo/bar/")]
    [InlineData("BazBot", "/z/d", "/foo/bar/")]
    [InlineData("QuxBot", "/x/b /foo/bar/ /anything", "")]
    public void Groups_of_one_name_are_merged_and_rules_outside_of_groups_say_nothing(string agent, string allowed, string others)
    {
        var rules = Parse(Groups, agent);

        Assert.All(Paths(allowed), path => Assert.True(Allows(rules, path), path));
        Assert.All(Paths(others), path => Assert.False(Allows(rules, path), path));
    }

    [Fact]
    public void Our_own_group_replaces_the_one_for_everybody()
    {
        var rules = Parse("User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: ATLAS/2.0\nDisallow: /private\n\nUser-agent: atlas\nDisallow: /more");

        Assert.True(Allows(rules, "/public"));
        Assert.False(Allows(rules, "/private"));
        Assert.False(Allows(rules, "/more"));
    }

    [Theory]
    [InlineData("*", false)]
    [InlineData("* # all", false)]
    [InlineData("* all of you", false)]
    [InlineData("atlas", false)]
    [InlineData("Atlas/1.0", false)]
    [InlineData("ATLAS crawler", false)]
    [InlineData("atlas*", false)]
    [InlineData("atlasbot", true)]
    [InlineData("atlas-news", true)]
    [InlineData("bot atlas", true)]
    [InlineData("*bot", true)]
    [InlineData("", true)]
    public void A_name_is_compared_whole_up_to_what_no_name_holds(string agent, bool allowed) =>
        Assert.Equal(allowed, Allows(Parse($"User-agent: {agent}\nDisallow: /"), "/x"));

    [Theory]
    [InlineData("user-agent: atlas\ndisallow: /")]
    [InlineData("USER-AGENT: ATLAS\nDISALLOW: /")]
    [InlineData("uSeR-aGeNt: atlas\ndIsAlLoW: /")]
    [InlineData("user-agent atlas\ndisallow /")]
    [InlineData("useragent: atlas\ndisalow: /")]
    [InlineData("user agent: atlas\ndissallow:/")]
    [InlineData("  user-agent\t:\tatlas  \n  disallow:   /  ")]
    [InlineData("user-agent: atlas\r\ndisallow: /\r\n")]
    [InlineData("user-agent: atlas\rdisallow: /\r")]
    [InlineData("user-agent: atlas\n\r\n\rdisallow: /")]
    [InlineData("user-agent: atlas\n\n# a comment\nfoo: bar\nsitemap: http://h/s.xml\ndisallow: / # really")]
    [InlineData("\uFEFFuser-agent: atlas\ndisallow: /")]
    public void A_line_is_understood_however_it_is_written(string file) => Assert.False(Allows(Parse(file), "/x"));

    [Theory]
    [InlineData("foo: atlas\nbar: /")]
    [InlineData("user-agent: atlas\nplease disallow /")]
    [InlineData("user-agent: atlas\ndisallow / please")]
    [InlineData("user-agent: atlas\n# disallow: /")]
    [InlineData("user-agent: atlas\n\uFEFFdisallow: /")]
    [InlineData("disallow: /\nuser-agent: atlas")]
    public void What_is_no_rule_forbids_nothing(string file) => Assert.True(Allows(Parse(file), "/x"));

    [Fact]
    public void A_part_of_a_byte_order_mark_is_no_hindrance_and_other_bytes_spoil_their_line_only()
    {
        Assert.False(Allows(Parse([0xEF, .. "user-agent: *\ndisallow: /"u8]), "/x"));
        Assert.False(Allows(Parse([0xEF, 0xBB, .. "user-agent: *\ndisallow: /"u8]), "/x"));
        Assert.True(Allows(Parse([0xEF, 0x11, 0xBF, .. "user-agent: *\ndisallow: /"u8]), "/x"));
        Assert.False(Allows(Parse([0xff, 0x00, (byte)':', 0x0a, 0xc3, 0x0a, .. "user-agent: *\ndisallow: /"u8]), "/x"));
    }

    [Fact]
    public void Octets_that_are_not_UTF_8_are_compared_as_they_are()
    {
        var rules = Parse([.. "user-agent: *\ndisallow: /caf"u8, 0xE9]);

        Assert.False(Allows(rules, "/caf%e9"));
        Assert.True(Allows(rules, "/caf%C3%A9"));
    }

    [Fact]
    public void Lines_that_are_no_rules_do_not_part_names_that_share_a_group() =>
        Assert.False(Allows(Parse("User-agent: atlas\nCrawl-delay: 10\nSitemap: http://h/s.xml\nUser-agent: other\nDisallow: /"), "/x"));

    [Fact]
    public void An_empty_rule_ends_the_names_of_a_group_and_forbids_nothing() =>
        Assert.True(Allows(Parse("User-agent: atlas\nDisallow:\nUser-agent: other\nDisallow: /"), "/x"));

    [Fact]
    public void What_comes_after_500_KiB_is_not_read() =>
        Assert.True(Allows(Parse("User-agent: *\n#" + new string('a', RobotsRules.MaxBytes) + "\nDisallow: /"), "/x"));

    // The rest of a rule is not seen in either case.
    [Theory]
    [InlineData("Disallow: /x", false)]
    [InlineData("Disallow: /\nAllow: /x", false)]
    public void A_rule_that_is_cut_may_forbid_but_not_allow(string beginning, bool allowed)
    {
        var longLine = beginning + new string('y', RobotsLine.MaxBytes) + "-end";
        var path = "/x" + new string('y', RobotsLine.MaxBytes) + "-other";
        Assert.Equal(allowed, Parse("User-agent: *\n" + longLine).Allows(Encoding.ASCII.GetBytes(path), out _));

        var padding = "User-agent: *\n#" + new string('a', RobotsRules.MaxBytes - 40 - beginning.Length) + "\n";
        var broken = (padding + beginning + new string('y', 100))[..RobotsRules.MaxBytes];
        Assert.Equal(allowed, Parse(broken).Allows(Encoding.ASCII.GetBytes(path), out _));
    }

    [Theory]
    [InlineData("10", 10.0)]
    [InlineData("0.5", 0.5)]
    [InlineData("2 # seconds", 2.0)]
    [InlineData("1e3", null)]
    [InlineData("-1", null)]
    [InlineData("0", null)]
    [InlineData("10s", null)]
    [InlineData("1,5", null)]
    [InlineData("NaN", null)]
    [InlineData("Infinity", null)]
    [InlineData("", null)]
    [InlineData("99999999999999999999", 86_400.0)]
    public void A_crawl_delay_is_a_number_of_seconds_and_junk_is_ignored(string value, double? seconds) =>
        Assert.Equal(seconds, Parse($"User-agent: *\nCrawl-delay: {value}\nDisallow: /x").CrawlDelay?.TotalSeconds);

    [Fact]
    public void A_crawl_delay_belongs_to_its_group_and_the_longest_holds()
    {
        const string File = "User-agent: *\nCrawl-delay: 30\nUser-agent: atlas\nCrawl-delay: 2\nDisallow: /x\nUser-agent: atlas\nCrawl-delay: 5\nCrawl-delay: 1";

        Assert.Equal(5, Parse(File).CrawlDelay!.Value.TotalSeconds);
        Assert.Equal(30, Parse(File, "other").CrawlDelay!.Value.TotalSeconds);
        Assert.Null(Parse("User-agent: *\nCrawl-delay: 30\nUser-agent: atlas\nDisallow: /x").CrawlDelay);
    }

    [Fact]
    public void Sitemaps_are_collected_wherever_they_stand_and_whomever_the_group_is_for()
    {
        var rules = Parse("Sitemap: http://h/1.xml\nUser-agent: other\nDisallow: /\nsite-map:http://h/2.xml # two\nSitemap:\nUser-agent: *\nSITEMAP: /3.xml");

        Assert.Equal(["http://h/1.xml", "http://h/2.xml", "/3.xml"], rules.Sitemaps);
        Assert.True(Allows(rules, "/x"));
    }

    [Fact]
    public void Sitemaps_are_bounded_in_number_and_length()
    {
        var file = string.Concat(Enumerable.Range(0, 1_000).Select(i => $"Sitemap: http://h/{i}{(i % 2 == 0 ? "" : new string('x', 3_000))}\n"));

        var sitemaps = Parse(file).Sitemaps;

        Assert.Equal(RobotsParser.MostSitemaps, sitemaps.Count);
        Assert.All(sitemaps, sitemap => Assert.InRange(sitemap.Length, 1, RobotsParser.LongestSitemap));
    }

    [Property(MaxTest = 1000)]
    public void No_file_fails_to_be_read_and_none_takes_much_more_memory_than_its_bytes(byte[] noise, string text)
    {
        var file = (byte[])[.. "User-agent: *\nDisallow: /"u8, .. noise, .. "\nAllow: "u8, .. Encoding.UTF8.GetBytes(text ?? ""), .. noise];

        var rules = Parse(file);
        rules.Allows(new Uri("http://h/x"));

        Assert.InRange(rules.Bytes, 0, 400 + (4 * file.Length));
    }

    private static RobotsRules Parse(string text, string agent = "atlas") => RobotsParser.Parse(Encoding.UTF8.GetBytes(text), agent);

    private static RobotsRules Parse(byte[] file) => RobotsParser.Parse(file, "atlas");

    private static bool Allows(RobotsRules rules, string path) => rules.Allows(new Uri("https://example.com" + path));

    private static string[] Paths(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
