namespace Atlas.Urls.Tests;

/// <summary>What may be chosen, each choice against its default.</summary>
public sealed class CanonicalizationRulesTests
{
    [Theory]
    [InlineData("http://www.example.org/a", "http://example.org/a")]
    [InlineData("http://www.www.example.org/", "http://www.www.example.org/")]
    [InlineData("http://WWW.example.org:8080/", "http://example.org:8080/")]
    [InlineData("http://www.com/", "http://www.com/")]
    [InlineData("http://www.co.uk/", "http://www.co.uk/")]
    [InlineData("http://www2.example.org/", "http://www2.example.org/")]
    [InlineData("http://www.example.org./x?b&a", "http://example.org/x?a&b")]
    public void Www_is_folded_where_a_domain_is_left(string url, string expected) =>
        Assert.Equal(expected, Spelling.Of(url, new CanonicalizationRules { FoldWww = true }));

    [Theory]
    [InlineData("http://h/a/", "http://h/a")]
    [InlineData("http://h/a/?q", "http://h/a?q")]
    [InlineData("http://h/", "http://h/")]
    [InlineData("http://h", "http://h/")]
    [InlineData("http://h/a//", "http://h/a//")]
    [InlineData("http://h//", "http://h//")]
    public void One_trailing_slash_is_folded(string url, string expected) =>
        Assert.Equal(expected, Spelling.Of(url, new CanonicalizationRules { FoldTrailingSlash = true }));

    [Theory]
    [InlineData("http://h/?a=1&sid=9682993c8daa2c5497996114facdc805", "http://h/?a=1")]
    [InlineData("http://h/?JSESSIONID=0123456789abcdefghijklmnopqrstuv.node1", "http://h/")]
    [InlineData("http://h/a;jsessionid=0123456789abcdefghijklmnopqrstuv?b", "http://h/a?b")]
    [InlineData("http://h/a;jsessionid=0123456789abcdefghijklmnopqrstuv/b;v=1", "http://h/a/b;v=1")]
    [InlineData("http://h/a;jsessionid=0123456789abcdefghij;sid=9682993c8daa2c5497996114facdc805", "http://h/a")]
    [InlineData("http://h/a/.;jsessionid=0123456789abcdefghij/b", "http://h/a/.;jsessionid=0123456789abcdefghij/b")]
    [InlineData("http://h/?PHPSESSID=n1bq2kh3a4ds5fg6hj7kl8po9i", "http://h/")]
    [InlineData("http://h/?ASPSESSIONIDABCDEFGH=abcdefghijklmnopqrstuvwx", "http://h/")]
    [InlineData("http://h/?cfid=12&x=1&cftoken=4567", "http://h/?x=1")]
    [InlineData("http://h/(S(4hqa0555fwsecu455xqckv45))/a.aspx", "http://h/a.aspx")]
    [InlineData("http://h/x/(4hqa0555fwsecu455xqckv45)/a.aspx", "http://h/x/a.aspx")]
    public void Session_ids_go_from_query_and_path(string url, string expected) =>
        Assert.Equal(expected, Spelling.Of(url, new CanonicalizationRules { DropSessionIds = true }));

    [Theory]
    [InlineData("http://h/?sessionid=2024-agenda")]
    [InlineData("http://h/?sid=42")]
    [InlineData("http://h/?sid=9682993c8daa2c5497996114facdc80")]
    [InlineData("http://h/?cfid=12")]
    [InlineData("http://h/a;v=0123456789abcdefghijklmnopqrstuv")]
    [InlineData("http://h/(4hqa0555fwsecu455xqckv45)")]
    [InlineData("http://h/(draft)/a")]
    public void What_only_has_the_name_or_only_the_look_of_a_session_id_stays(string url) =>
        Assert.Equal(url, Spelling.Of(url, new CanonicalizationRules { DropSessionIds = true }));

    [Theory]
    [InlineData("example.org", "http://example.org/")]
    [InlineData("example.org/a?b#c", "http://example.org/a?b")]
    [InlineData("//example.org/a", "http://example.org/a")]
    [InlineData("\\\\example.org\\a", "http://example.org/a")]
    [InlineData("///example.org/a", "http://example.org/a")]
    [InlineData("/articles/7", null)]
    [InlineData("\\articles\\7", null)]
    [InlineData("/", null)]
    [InlineData("?a", null)]
    [InlineData("example.org:8080/a", "http://example.org:8080/a")]
    [InlineData("localhost:8080", "http://localhost:8080/")]
    [InlineData("user@example.org/a:b", "http://user@example.org/a:b")]
    [InlineData("mailto:somebody@example.org", "mailto:somebody@example.org")]
    [InlineData("tel:12345", "tel:12345")]
    [InlineData("https://example.org/", "http://example.org/")]
    public void Lines_without_a_scheme_are_read_as_http_but_no_path_alone(string url, string? expected) =>
        Assert.Equal(expected, Spelling.Of(url, new CanonicalizationRules { AcceptSchemeless = true }));

    [Fact]
    public void A_parameter_is_dropped_on_its_own_site_alone()
    {
        Assert.Equal("http://www.youtube.com/watch?v=1", Spelling.Of("https://www.youtube.com/watch?v=1&si=abc"));
        Assert.Equal("http://example.org/watch?si=abc&v=1", Spelling.Of("https://example.org/watch?v=1&si=abc"));
        Assert.Equal("http://notyoutube.com/?si=abc", Spelling.Of("https://notyoutube.com/?si=abc"));
        Assert.Equal("http://youtube.com/?si=abc", Spelling.Of("https://youtube.com/?si=abc", new CanonicalizationRules { DropTracking = false }));
        Assert.Equal("http://youtube.com/?si=abc", Spelling.Of("https://youtube.com/?si=abc", new CanonicalizationRules { KeepParams = ["si"] }));
    }

    [Theory]
    [InlineData("b\u00FCcher.example")]
    [InlineData("B\u00DCCHER.example.")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("b%C3%BCcher.example")]
    public void A_site_is_known_by_every_spelling_of_its_domain(string domain)
    {
        var rules = new CanonicalizationRules { Sites = new Dictionary<string, SiteRules> { [domain] = new(["ref"], ["gclid"]) } };

        Assert.Equal("http://xn--bcher-kva.example/?gclid=1", Spelling.Of("http://b\u00FCcher.example/?gclid=1&ref=2", rules));
        Assert.Equal("http://m.xn--bcher-kva.example/?gclid=1", Spelling.Of("http://m.b\u00FCcher.example/?gclid=1&ref=2", rules));
    }

    [Fact]
    public void A_sites_own_lists_come_before_the_lists_for_all_sites()
    {
        var rules = new CanonicalizationRules
        {
            DropParams = ["everywhere"],
            KeepParams = ["kept", "gclid"],
            Sites = new Dictionary<string, SiteRules> { ["Shop.example"] = new(["ref", "kept", "both"], ["everywhere", "fbclid", "both"]) },
        };

        Assert.Equal("http://a.shop.example/?both=6&everywhere=3&fbclid=4&gclid=5", Spelling.Of("http://a.shop.example/?REF=1&kept=2&everywhere=3&fbclid=4&gclid=5&both=6", rules));
        Assert.Equal("http://other.example/?both=6&gclid=5&kept=2&ref=1", Spelling.Of("http://other.example/?ref=1&kept=2&everywhere=3&fbclid=4&gclid=5&both=6", rules));
    }
}
