using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

public sealed class CanonicalizationTraceTests
{
    private static readonly CanonicalizationRules Everything = new() { FoldWww = true, FoldTrailingSlash = true, DropSessionIds = true, AcceptSchemeless = true, DropParams = ["drop"] };

    private static readonly string[] Pieces =
    [
        "http", "https", "HTTP", "ftp", ":", "//", "/", "\\", "www.", "Example.ORG", "bücher.example", "127.1", "[::1]", "u:p@", ":80", ":443", ":8080", ".", "..", "%2e", "%7e", "%zz", "é",
        "?", "&", "a=1", "b", "utm_source=x", "drop=1", "sid=9682993c8daa2c5497996114facdc805", ";jsessionid=0123456789abcdefghijkl", "=", "#", "#!", "#/", " ", "\t", "'", "xn--bcher-kva", "|",
    ];

    [Fact]
    public void Every_step_names_its_rule_and_shows_the_url_after_it()
    {
        var steps = CanonicalizationTrace.Of(" HTTPS://www.Example.org:443/a/../%7eb/?z=1&&utm_source=x&a#top", Everything, out var error);

        Assert.Equal(CanonicalizationError.None, error);
        Assert.Equal(
            [
                "white space at the ends goes", "scheme and slashes get one spelling", "the default port goes, others lose leading zeros", "the host is put in lower case", "www. goes",
                "percent-encoding of the path gets one spelling", "dot segments are resolved, an empty path is a slash", "the slash at the end goes", "empty parts of the query go",
                "tracking parameters and those on the lists go", "parameters are sorted by name", "a fragment goes unless it starts with #! or #/", "https on its default port is written http",
            ],
            steps.Select(step => step.Rule));
        Assert.Equal("utm_source", steps.Single(step => step.Detail.Length > 0).Detail);
        Assert.Equal("http://example.org/~b?a&z=1", steps[^1].Url);
    }

    [Fact]
    public void A_canonical_form_takes_no_step_and_a_line_without_one_says_why()
    {
        Assert.Empty(CanonicalizationTrace.Of("http://example.org/a?b", Everything, out _));
        Assert.Empty(CanonicalizationTrace.Of("http://a..b/", Everything, out var error));
        Assert.Equal(CanonicalizationError.BadHost, error);
    }

    [Theory]
    [InlineData("http://www.b\u00FCcher.example/", CanonicalizationRule.HostToAscii, CanonicalizationRule.FoldWww)]
    [InlineData("http://ex%61mple1/", CanonicalizationRule.HostToAscii)]
    [InlineData("http://a.1.2.3.example./", CanonicalizationRule.DropRootDot)]
    [InlineData("http://127.1/", CanonicalizationRule.SpellIpv4)]
    [InlineData("http://[1:0::]/", CanonicalizationRule.SpellIpv6)]
    [InlineData("http://h/?cfid=1&cftoken=2", CanonicalizationRule.DropParameters, CanonicalizationRule.DropSessionIds, CanonicalizationRule.DropEmptyQuery)]
    public void A_rule_is_named_where_it_is_applied_and_nowhere_else(string line, params CanonicalizationRule[] applied)
    {
        var steps = CanonicalizationTrace.Of(line, Everything with { DropParams = ["cftoken"] }, out _);

        Assert.Equal(applied, steps.Select(step => step.Applied));
        Assert.Equal(Spelling.Of(line, Everything with { DropParams = ["cftoken"] }), steps[^1].Url);
    }

    [Property(MaxTest = 5_000)]
    public void The_last_step_is_the_canonical_form(byte[] choice, bool isPlain)
    {
        var rules = isPlain ? new CanonicalizationRules() : Everything;
        var line = (choice.Length % 3 == 0 ? "" : "http://") + string.Concat(choice.Select(piece => Pieces[piece % Pieces.Length]));
        if (Spelling.Of(line, rules) is not { } canonical)
            return;

        var steps = CanonicalizationTrace.Of(line, rules, out _);

        Assert.Equal(canonical, steps.Count == 0 ? line : steps[^1].Url);
        Assert.Equal(steps.Count, steps.Select(step => step.Url).Distinct().Count());
    }
}
