using System.Text;
using Atlas.Pipeline.Fetch;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class RequestUrlTests
{
    [Theory]
    [InlineData("http://example.org/a?utm_source=x&b=1&a=2#top")]
    [InlineData("https://example.org:8443/%7euser/%2F")]
    [InlineData("HTTP://Example.ORG/")]
    [InlineData("http://[2001:db8::1]:8080/")]
    public void A_url_stays_as_it_was_given(string given) => Assert.Equal(given, Of(given)!.OriginalString);

    [Theory]
    [InlineData("example.org/a?utm_source=x", "http://example.org/a?utm_source=x")]
    [InlineData("//example.org", "http://example.org/")]
    [InlineData("example.org:8080/a", "http://example.org:8080/a")]
    [InlineData("http:example.org", "http://example.org/")]
    [InlineData("https:/\\example.org\\a", "https://example.org/a")]
    [InlineData("https://exa\tmple.org/a", "https://example.org/a")]
    [InlineData("https://example.org./a", "https://example.org/a")]
    [InlineData("http://127。0。0。1/", "http://127.0.0.1/")]
    [InlineData("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC")]
    public void What_the_runtime_reads_otherwise_is_asked_for_in_its_canonical_spelling_with_nothing_dropped(string given, string asked) =>
        Assert.Equal(asked, Of(given)!.AbsoluteUri);

    [Theory]
    [InlineData("http://a..b/")]
    [InlineData("")]
    public void What_is_no_url_is_none(string given) => Assert.Null(Of(given));

    private static Uri? Of(string given) => RequestUrl.Of(given, HostKey.Of(Encoding.UTF8.GetBytes(given)));
}
