using System.Text;

namespace Atlas.Urls.Tests;

public sealed class CanonicalizerTests
{
    [Theory]
    [InlineData("http://example.org", "http://example.org/")]
    [InlineData("  HTTP://Example.ORG:80/A \r\n", "http://example.org/A")]
    [InlineData("https://example.org:443/", "http://example.org/")]
    [InlineData("https://example.org:8443/", "https://example.org:8443/")]
    [InlineData("http://example.org:443/", "http://example.org:443/")]
    [InlineData("http://example.org:/x", "http://example.org/x")]
    [InlineData("http://example.org:0080/x", "http://example.org/x")]
    [InlineData("http:\\\\example.org\\a\\b", "http://example.org/a/b")]
    [InlineData("http:example.org", "http://example.org/")]
    [InlineData("http:/example.org", "http://example.org/")]
    [InlineData("http:/\\//example.org", "http://example.org/")]
    [InlineData("http://exa\tmple.org/a\nb", "http://example.org/ab")]
    [InlineData("http://example.org./", "http://example.org/")]
    [InlineData("http://user:p%40ss@example.org/", "http://user:p%40ss@example.org/")]
    [InlineData("http://a@b@example.org/", "http://a%40b@example.org/")]
    [InlineData("http://user:@example.org/", "http://user@example.org/")]
    [InlineData("http://:@example.org/", "http://example.org/")]
    [InlineData("http://@example.org/", "http://example.org/")]
    [InlineData("http://:b:c;=@example.org/", "http://:b%3Ac%3B%3D@example.org/")]
    [InlineData("http://%65xample.org/", "http://example.org/")]
    [InlineData("http://bücher.example/", "http://xn--bcher-kva.example/")]
    [InlineData("http://BÜCHER.example/", "http://xn--bcher-kva.example/")]
    [InlineData("http://ｅxample.org/", "http://example.org/")]
    [InlineData("http://[2001:DB8:0::1]:8080/", "http://[2001:db8::1]:8080/")]
    [InlineData("http://127.1/", "http://127.0.0.1/")]
    [InlineData("http://0x7f000001/", "http://127.0.0.1/")]
    public void Gives_scheme_and_host_one_spelling(string url, string expected) => Assert.Equal(expected, Spelling.Of(url));

    [Theory]
    [InlineData("http://h/a/./b/../c", "http://h/a/c")]
    [InlineData("http://h/../../a", "http://h/a")]
    [InlineData("http://h/a/%2E%2e/b/%2e", "http://h/b/")]
    [InlineData("http://h/a/..", "http://h/")]
    [InlineData("http://h//a//b", "http://h//a//b")]
    [InlineData("http://h/%7euser/%c3%a9", "http://h/~user/%C3%A9")]
    [InlineData("http://h/é<a b>", "http://h/%C3%A9%3Ca%20b%3E")]
    [InlineData("http://h/%2561", "http://h/%2561")]
    [InlineData("http://h/100%", "http://h/100%25")]
    [InlineData("http://h/a%2fb", "http://h/a%2Fb")]
    public void Gives_the_path_one_spelling(string url, string expected) => Assert.Equal(expected, Spelling.Of(url));

    [Theory]
    [InlineData("http://h/?", "http://h/")]
    [InlineData("http://h?b=2&a=1", "http://h/?a=1&b=2")]
    [InlineData("http://h/?b=2&a=2&b=1&&a=1&", "http://h/?a=2&a=1&b=2&b=1")]
    [InlineData("http://h/?a", "http://h/?a")]
    [InlineData("http://h/?a=", "http://h/?a=")]
    [InlineData("http://h/?utm_source=x&UTM_Medium=y", "http://h/")]
    [InlineData("http://h/?id=1&fbclid=x&gclid=y", "http://h/?id=1")]
    [InlineData("http://h/?ref=1&source=2&c=3&i=4", "http://h/?c=3&i=4&ref=1&source=2")]
    [InlineData("http://h/?gclid_=1&xgclid=2", "http://h/?gclid_=1&xgclid=2")]
    [InlineData("http://h/?a[]=1", "http://h/?a%5B%5D=1")]
    [InlineData("http://h/it's?it's", "http://h/it's?it%27s")]
    public void Gives_the_query_one_spelling(string url, string expected) => Assert.Equal(expected, Spelling.Of(url));

    [Theory]
    [InlineData("http://h/#top", "http://h/")]
    [InlineData("http://h/#", "http://h/")]
    [InlineData("http://h/#!/a b", "http://h/#!/a%20b")]
    [InlineData("http://h/?a#/route?x", "http://h/?a#/route?x")]
    public void Keeps_only_the_fragments_that_name_documents(string url, string expected) => Assert.Equal(expected, Spelling.Of(url));

    [Theory]
    [InlineData("FTP://Host/A b", "ftp://Host/A b")]
    [InlineData("MailTo:a@b", "mailto:a@b")]
    [InlineData("file:///etc/passwd", "file:///etc/passwd")]
    public void Takes_other_schemes_as_they_are(string url, string expected) => Assert.Equal(expected, Spelling.Of(url));

    [Theory]
    [InlineData("", CanonicalizationError.NoScheme)]
    [InlineData("example.org/a", CanonicalizationError.NoScheme)]
    [InlineData("1http://h/", CanonicalizationError.NoScheme)]
    [InlineData("http:", CanonicalizationError.NoHost)]
    [InlineData("http:////\\\\", CanonicalizationError.NoHost)]
    [InlineData("http://u@/", CanonicalizationError.NoHost)]
    [InlineData("http://:80/", CanonicalizationError.NoHost)]
    [InlineData("http://a b/", CanonicalizationError.BadHost)]
    [InlineData("http://a%2fb/", CanonicalizationError.BadHost)]
    [InlineData("http://a%/", CanonicalizationError.BadHost)]
    [InlineData("http://a..b/", CanonicalizationError.BadHost)]
    [InlineData("http://[::1/", CanonicalizationError.BadHost)]
    [InlineData("http://[1.2.3.4]/", CanonicalizationError.BadHost)]
    [InlineData("http://1.2.3.256/", CanonicalizationError.BadHost)]
    [InlineData("http://h:65536/", CanonicalizationError.BadPort)]
    [InlineData("http://[::bad", CanonicalizationError.BadHost)]
    [InlineData("http://h:8o/", CanonicalizationError.BadPort)]
    public void Says_why_there_is_no_canonical_form(string url, CanonicalizationError expected)
    {
        var bytes = Encoding.UTF8.GetBytes(url);

        var error = new Canonicalizer(new CanonicalizationRules()).TryCanonicalize(bytes, new byte[Canonicalizer.MaxLength(bytes.Length)], out _);

        Assert.Equal(expected, error);
    }

    [Fact]
    public void Follows_the_choices_of_a_pipeline()
    {
        var rules = new CanonicalizationRules { FoldScheme = false, DropParams = ["sid", "a[]"], KeepParams = ["utm_id", "SID2"] };

        Assert.Equal("https://h/?sid2=5&utm_id=4", Spelling.Of("https://h/?SID=1&a[]=2&utm_source=3&utm_id=4&sid2=5", rules));
        Assert.Equal("http://h/?gclid=1", Spelling.Of("http://h/?gclid=1", rules with { DropTracking = false }));
    }

    [Fact]
    public void Sorts_long_queries_stably()
    {
        var query = string.Join('&', Enumerable.Range(0, 500).Select(i => $"p{(i * 7) % 100:00}={i}"));
        var expected = string.Join('&', query.Split('&').OrderBy(part => part[..3], StringComparer.Ordinal));

        Assert.Equal("http://h/?" + expected, Spelling.Of("http://h/?" + query));
    }

    [Fact]
    public void Allocates_nothing_for_an_ordinary_url()
    {
        var canonicalizer = new Canonicalizer(new CanonicalizationRules());
        var url = "https://www.Example.org:443/a/../b%7e?z=1&utm_source=x&a=2#top"u8.ToArray();
        var destination = new byte[Canonicalizer.MaxLength(url.Length)];
        canonicalizer.TryCanonicalize(url, destination, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            canonicalizer.TryCanonicalize(url, destination, out _);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("https://u@Example.org:443/a?b", "example.org")]
    [InlineData("http://example.org:443", "example.org:443")]
    [InlineData("mailto:a@b", "")]
    [InlineData("example.org/a", "example.org")]
    [InlineData("http://a..b/", "")]
    public void The_host_key_is_the_one_of_the_canonical_form(string url, string expected) =>
        Assert.Equal(expected, HostKey.Of(Encoding.UTF8.GetBytes(url)));

    [Fact]
    public void Parameters_are_sorted_up_to_1024_of_those_that_stay_and_keep_their_order_beyond()
    {
        var names = Enumerable.Range(0, 1024).Select(i => $"{(char)('z' - (i % 26))}{i:0000}").ToList();
        var sorted = "http://h/?" + string.Join('&', names.Order(StringComparer.Ordinal));
        var asWritten = "http://h/?" + string.Join('&', names);

        Assert.Equal(sorted, Spelling.Of(asWritten));
        Assert.Equal(sorted, Spelling.Of(asWritten + "&utm_source=x&&gclid=1"));
        Assert.Equal(asWritten + "&a", Spelling.Of(asWritten + "&a"));
        Assert.Equal(sorted, CanonicalizationTrace.Of(asWritten + "&utm_source=x", new CanonicalizationRules(), out _)[^1].Url);
        Assert.Empty(CanonicalizationTrace.Of(asWritten + "&a", new CanonicalizationRules(), out _));
    }
}
