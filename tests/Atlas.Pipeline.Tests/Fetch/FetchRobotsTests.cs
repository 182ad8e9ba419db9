using Atlas.Pipeline.Fetch;
using Microsoft.Extensions.Time.Testing;

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
    [InlineData("503 Busy", 503)]
    [InlineData("429 Slow Down", 429)]
    public async Task A_host_that_cannot_say_its_rules_is_tried_again_later(string status, int code)
    {
        var pages = 0;
        await using var server = new TinyServer(path => path == "/robots.txt" ? TinyServer.Head(status, "Content-Length: 0\r\nRetry-After: 7\r\n") : Count(ref pages));

        var verdict = await FetchAsync(server, "/x");

        Assert.Equal((Fate.Retry, Reason.Http(code), TimeSpan.FromSeconds(7), 0), (verdict.Fate, verdict.Reason, verdict.RetryAfter, pages));
    }

    [Fact]
    public async Task The_target_of_a_redirect_is_held_to_the_rules_too()
    {
        await using var server = new TinyServer(path => path switch
        {
            "/robots.txt" => TinyServer.Ok("User-agent: *\nDisallow: /no"),
            "/yes" => TinyServer.Redirect("/no"),
            _ => TinyServer.Ok("x"),
        });

        Assert.Equal(Reason.RobotsDisallowed, (await FetchAsync(server, "/yes")).Reason);
    }

    [Fact]
    public async Task Many_urls_of_a_host_ask_for_its_rules_once()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<RobotsAnswer>();
        var cache = new RobotsCache(_ => { asked++; return answer.Task; }, new FakeTimeProvider());

        var waiting = Enumerable.Range(0, 50).Select(i => cache.GetAsync(new Uri($"http://h/{i}"), CancellationToken.None)).ToArray();
        answer.SetResult(RobotsAnswer.Of(RobotsRules.AllowAll));
        await Task.WhenAll(waiting);

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Rules_live_for_a_day_and_failures_for_a_moment()
    {
        var asked = 0;
        var clock = new FakeTimeProvider();
        var cache = new RobotsCache(
            _ => Task.FromResult(++asked == 1 ? new RobotsAnswer(null, Reason.Timeout, "", null) : RobotsAnswer.Of(RobotsRules.AllowAll)),
            clock);
        var url = new Uri("http://h/");

        Assert.Null((await cache.GetAsync(url, CancellationToken.None)).Rules);
        clock.Advance(TimeSpan.FromSeconds(15));
        Assert.NotNull((await cache.GetAsync(url, CancellationToken.None)).Rules);
        clock.Advance(TimeSpan.FromHours(23));
        await cache.GetAsync(url, CancellationToken.None);
        Assert.Equal(2, asked);
        clock.Advance(TimeSpan.FromHours(1));
        await cache.GetAsync(url, CancellationToken.None);
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task The_host_used_longest_ago_is_forgotten_first()
    {
        var asked = new List<string>();
        var cache = new RobotsCache(url => { asked.Add(url.Host); return Task.FromResult(RobotsAnswer.Of(RobotsRules.AllowAll)); }, new FakeTimeProvider(), capacity: 2);

        foreach (var host in new[] { "a", "b", "a", "c", "a", "b" })
            await cache.GetAsync(new Uri($"http://{host}/"), CancellationToken.None);

        Assert.Equal(["a", "b", "c", "b"], asked);
        Assert.Equal(2, cache.Count);
    }

    private static Task<Verdict> FetchAsync(TinyServer server, string path) => FetchBed.FetchAsync(server, path, options => options with { Robots = true });

    private static byte[] Count(ref int pages)
    {
        Interlocked.Increment(ref pages);
        return TinyServer.Ok("x");
    }
}
