using System.Text;
using Atlas.Pipeline.Fetch;

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
    public void A_rule_decides(string rules, string path, bool allowed) =>
        Assert.Equal(allowed, Parse("User-agent: *\n" + rules).Allows(new Uri("https://example.com" + path)));

    [Fact]
    public void Our_own_group_replaces_the_one_for_everybody()
    {
        var rules = Parse("User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: ATLAS/2.0\nDisallow: /private\n\nUser-agent: atlas\nDisallow: /more");

        Assert.True(Allows(rules, "/public"));
        Assert.False(Allows(rules, "/private"));
        Assert.False(Allows(rules, "/more"));
    }

    [Fact]
    public void A_group_for_somebody_else_says_nothing_to_us() =>
        Assert.True(Allows(Parse("User-agent: atlasbot\nDisallow: /"), "/x"));

    [Fact]
    public void Rules_before_any_group_say_nothing() =>
        Assert.True(Allows(Parse("Disallow: /\nUser-agent: *\nDisallow: /y"), "/x"));

    [Fact]
    public void A_byte_order_mark_and_carriage_returns_are_no_hindrance() =>
        Assert.False(Allows(Parse("\uFEFFUser-agent: *\rDisallow: /x\r"), "/x"));

    [Fact]
    public void What_comes_after_500_KiB_is_not_read() =>
        Assert.True(Allows(Parse("User-agent: *\n#" + new string('a', RobotsRules.MaxBytes) + "\nDisallow: /"), "/x"));

    [Fact]
    public void Bytes_without_meaning_are_skipped() =>
        Assert.True(RobotsRules.Parse([0xff, 0x00, (byte)':', 0x0a, 0xc3], "atlas").Allows(new Uri("http://h/x")));

    private static RobotsRules Parse(string text) => RobotsRules.Parse(Encoding.UTF8.GetBytes(text), "atlas");

    private static bool Allows(RobotsRules rules, string path) => rules.Allows(new Uri("https://example.com" + path));
}
