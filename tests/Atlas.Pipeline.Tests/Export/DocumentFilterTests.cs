using Atlas.Pipeline.Export;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Export;

public sealed class DocumentFilterTests
{
    private static readonly StoredDocument Document = new()
    {
        ContentId = "1",
        Url = "http://www.a.test:8080/",
        HostKey = "www.a.test:8080",
        FinalUrl = "http://b.test/",
        Status = 200,
        ContentType = "Text/HTML; charset=utf-8",
        BodySha256 = new byte[32],
        Body = default,
        FetchedAt = new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero),
        Source = "lines",
    };

    [Theory]
    [InlineData("www.a.test", true)]
    [InlineData("WWW.A.TEST:8080", true)]
    [InlineData("www.a.test:8081", false)]
    [InlineData("*.a.test", true)]
    [InlineData("*.test", true)]
    [InlineData("*.www.a.test", false)]
    [InlineData("a.test", false)]
    [InlineData("b.test", false)]
    public void A_host_is_the_one_asked_for(string host, bool isWanted)
    {
        Assert.True(DocumentFilter.TryParseHost(host, out var parsed));

        Assert.Equal(isWanted, new DocumentFilter { Hosts = [parsed] }.Wants(Document));
    }

    [Theory]
    [InlineData("[::1]", "[::1]:8080", true)]
    [InlineData("[::1]:8080", "[::1]:8080", true)]
    [InlineData("[::1]:8080", "[::1]", false)]
    [InlineData("127.1", "127.0.0.1:99", true)]
    public void Addresses_are_hosts_too(string host, string hostKey, bool isWanted)
    {
        Assert.True(DocumentFilter.TryParseHost(host, out var parsed));

        Assert.Equal(isWanted, new DocumentFilter { Hosts = [parsed] }.Wants(Document with { HostKey = hostKey }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*.")]
    [InlineData("http://a.test/")]
    [InlineData("a.test/x")]
    [InlineData("user@a.test")]
    [InlineData("a b")]
    public void What_is_no_host_is_none(string text) => Assert.False(DocumentFilter.TryParseHost(text, out _));

    [Fact]
    public void Everything_that_is_set_has_to_fit_and_of_several_values_any()
    {
        var all = new DocumentFilter { Since = Document.FetchedAt, Until = Document.FetchedAt.AddTicks(1), Sources = ["x", "lines"], Statuses = [404, 200], ContentTypes = ["image/", "text/html"] };

        Assert.True(new DocumentFilter().Wants(Document));
        Assert.True(all.Wants(Document));
        Assert.False((all with { Since = Document.FetchedAt.AddTicks(1) }).Wants(Document));
        Assert.False((all with { Until = Document.FetchedAt }).Wants(Document));
        Assert.False((all with { Sources = ["x"] }).Wants(Document));
        Assert.False((all with { Statuses = [404] }).Wants(Document));
        Assert.False((all with { ContentTypes = ["text/plain"] }).Wants(Document));
    }
}
