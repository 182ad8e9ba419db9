using System.Text;

namespace Atlas.Urls.Tests;

/// <summary>What the canonicalizer says it has changed.</summary>
public sealed class AppliedRulesTests
{
    private static readonly CanonicalizationRules Everything = new() { FoldWww = true, FoldTrailingSlash = true, DropSessionIds = true, AcceptSchemeless = true };

    [Theory]
    [InlineData("http://h.example/a?b=1#!/x", AppliedRules.None)]
    [InlineData("https://h.example/", AppliedRules.Scheme)]
    [InlineData("HTTP://h.example/", AppliedRules.Scheme)]
    [InlineData("http:/h.example/", AppliedRules.Scheme)]
    [InlineData("h.example/", AppliedRules.Scheme)]
    [InlineData("mailto:a@b", AppliedRules.None)]
    [InlineData("MAILTO:a@b", AppliedRules.Scheme)]
    [InlineData(" http://h.example/", AppliedRules.WhiteSpace)]
    [InlineData("http://h.exa\tmple/", AppliedRules.WhiteSpace)]
    [InlineData("http://H.example/", AppliedRules.HostCase)]
    [InlineData("http://h.example/%7e", AppliedRules.Escapes)]
    [InlineData("http://h.example/?'", AppliedRules.Escapes)]
    [InlineData("http://h.example/#!é", AppliedRules.Escapes)]
    [InlineData("http://h.example", AppliedRules.Path)]
    [InlineData("http://h.example/a/../b", AppliedRules.Path)]
    [InlineData("http://h.example\\a", AppliedRules.Path)]
    [InlineData("http://h.example/?", AppliedRules.EmptyParameters)]
    [InlineData("http://h.example/?a&&b", AppliedRules.EmptyParameters)]
    [InlineData("http://h.example/a#top", AppliedRules.Fragment)]
    [InlineData("http://h.example/a#", AppliedRules.Fragment)]
    [InlineData("http://h.example:80/", AppliedRules.Port)]
    [InlineData("http://h.example:/", AppliedRules.Port)]
    [InlineData("http://h.example:0081/", AppliedRules.Port)]
    [InlineData("http://h.example:81/", AppliedRules.None)]
    [InlineData("http://@h.example/", AppliedRules.UserInfo)]
    [InlineData("http://u:@h.example/", AppliedRules.UserInfo)]
    [InlineData("http://u:p@h.example/", AppliedRules.None)]
    [InlineData("http://h.example./", AppliedRules.HostNotation)]
    [InlineData("http://bücher.example/", AppliedRules.HostNotation)]
    [InlineData("http://0x7f.1/", AppliedRules.HostNotation)]
    [InlineData("http://[::0:1]/", AppliedRules.HostNotation)]
    [InlineData("http://h.example/a/", AppliedRules.TrailingSlash)]
    [InlineData("http://www.h.example/", AppliedRules.Www)]
    [InlineData("http://h.example/?b&a", AppliedRules.ParameterOrder)]
    [InlineData("http://h.example/?a&utm_source=x", AppliedRules.Parameters)]
    [InlineData("http://h.example/?utm_source=x", AppliedRules.Parameters)]
    [InlineData("http://h.example/a;jsessionid=0123456789abcdef0", AppliedRules.SessionId)]
    [InlineData("http://h.example/?sid=9682993c8daa2c5497996114facdc805", AppliedRules.SessionId)]
    [InlineData("https://WWW.h.example:443/?b&gclid=1&a#x", AppliedRules.Scheme | AppliedRules.HostCase | AppliedRules.Port | AppliedRules.Www | AppliedRules.ParameterOrder | AppliedRules.Parameters | AppliedRules.Fragment)]
    public void Each_rule_is_said_when_it_changed_something(string url, AppliedRules expected)
    {
        Spelling.Of(Encoding.UTF8.GetBytes(url), out var parts, Everything);

        Assert.Equal(expected, parts.Applied);
    }
}
