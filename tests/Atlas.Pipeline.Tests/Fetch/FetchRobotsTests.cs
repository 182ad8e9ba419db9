using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchRobotsTests
{
    [Fact]
    public async Task A_disallowed_url_is_not_asked_for()
    {
        var pages = 0;
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Ok("User-agent: AtlasPipeline\nDisallow: /no") : Count(ref pages));

        var verdict = await FetchAsync(server, "/no/x");

        Assert.Equal((Fate.DeadLetter, Reason.RobotsDisallowed, 0), (verdict.Fate, verdict.Reason, pages));
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("403 Forbidden")]
    public async Task A_robots_file_that_is_not_there_forbids_nothing(string status)
    {
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Head(status) : TinyServer.Ok("x"));

        Assert.Equal(Fate.Forward, (await FetchAsync(server, "/x")).Fate);
    }

    [Theory]
    [InlineData("503 Busy", "robots_unavailable")]
    [InlineData("500 Oops", "robots_unavailable")]
    [InlineData("408 Request Timeout", "robots_unavailable")]
    [InlineData("429 Slow Down", "http_429")]
    public async Task A_host_that_cannot_say_its_rules_is_tried_again_later(string status, string reason)
    {
        var pages = 0;
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Head(status, "Content-Length: 0\r\nRetry-After: 7\r\n") : Count(ref pages));

        var verdict = await FetchAsync(server, "/x");

        Assert.Equal((Fate.Retry, reason, TimeSpan.FromSeconds(7), 0), (verdict.Fate, verdict.Reason.Name, verdict.RetryAfter, pages));
        Assert.StartsWith("robots.txt: ", verdict.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_robots_file_that_is_not_encoded_as_it_says_is_no_reason_to_give_up()
    {
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Ok("abc", "Content-Encoding: gzip\r\n") : TinyServer.Ok("x"));

        var verdict = await FetchAsync(server, "/x");

        Assert.Equal((Fate.Retry, Reason.RobotsUnavailable), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task A_host_that_cannot_be_reached_keeps_its_reason()
    {
        var port = DeadPort();

        var verdict = await FetchBed.FetchAsync(FetchBed.Options(port) with { Robots = true }, $"http://127.0.0.1:{port}/x");

        Assert.Equal((Fate.Retry, Reason.ConnectFailed), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task A_host_whose_rules_are_where_nobody_answers_does_not_say_its_rules()
    {
        var port = DeadPort();
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Redirect($"http://127.0.0.1:{port}/robots.txt") : TinyServer.Ok("x"));

        var verdict = await FetchBed.FetchAsync(server, "/x", options => options with { Robots = true, AllowPorts = [server.Port, port] });

        Assert.Equal((Fate.Retry, Reason.RobotsUnavailable), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task What_the_host_asks_between_requests_goes_along_with_the_item()
    {
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Ok("User-agent: *\nCrawl-delay: 2.5") : TinyServer.Ok("x"));

        var item = (await FetchAsync(server, "/x")).Item;

        Assert.Equal(TimeSpan.FromSeconds(2.5), item.CrawlDelay);
    }

    [Fact]
    public async Task The_sitemaps_that_the_host_names_go_along_with_its_items_and_are_taken_once()
    {
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Ok("Sitemap: http://a.test/one.xml\nSitemap: /two.xml") : TinyServer.Ok("x"));
        using var stage = new FetchStage(FetchBed.Options(server.Port) with { Robots = true }, new Seams());

        var first = (await stage.ProcessAsync(FetchBed.Item(server.Url("/x")), TestContext.Current.CancellationToken)).Item;
        var second = (await stage.ProcessAsync(FetchBed.Item(server.Url("/y")), TestContext.Current.CancellationToken)).Item;

        Assert.Equal(["http://a.test/one.xml", "/two.xml"], first.Sitemaps!.Lines);
        Assert.True(first.Sitemaps.TryTake());
        Assert.False(second.Sitemaps!.TryTake());
        first.Document!.Dispose();
        second.Document!.Dispose();
    }

    private static Task<Verdict> FetchAsync(TinyServer server, string path) => FetchBed.FetchAsync(server, path, options => options with { Robots = true });

    private static int DeadPort()
    {
        using var nobody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        nobody.Start();
        return ((System.Net.IPEndPoint)nobody.LocalEndpoint).Port;
    }

    private static byte[] Count(ref int pages)
    {
        Interlocked.Increment(ref pages);
        return TinyServer.Ok("x");
    }
}
