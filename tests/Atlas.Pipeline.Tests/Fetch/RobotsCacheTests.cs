using System.Text;
using Atlas.Pipeline.Fetch;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class RobotsCacheTests
{
    private const long Plenty = 1 << 20;

    [Fact]
    public async Task Many_urls_of_a_host_ask_for_its_rules_once()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<RobotsAnswer>();
        var cache = new RobotsCache(_ => { asked++; return answer.Task; }, new FakeTimeProvider(), Plenty);

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
            clock,
            Plenty);
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
    public async Task A_failure_that_was_long_in_coming_is_remembered_as_long_as_any_other()
    {
        var asked = 0;
        var clock = new FakeTimeProvider();
        var answer = new TaskCompletionSource<RobotsAnswer>();
        var cache = new RobotsCache(_ => { asked++; return answer.Task; }, clock, Plenty);
        var url = new Uri("http://h/");
        var first = cache.GetAsync(url, CancellationToken.None);

        clock.Advance(TimeSpan.FromSeconds(30));
        answer.SetResult(new RobotsAnswer(null, Reason.Timeout, "", null));
        await first;
        clock.Advance(TimeSpan.FromSeconds(14));
        await cache.GetAsync(url, CancellationToken.None);

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task The_host_used_longest_ago_is_forgotten_first()
    {
        var asked = new List<string>();
        var cache = new RobotsCache(url => { asked.Add(url.Host); return Task.FromResult(RobotsAnswer.Of(RobotsRules.AllowAll)); }, new FakeTimeProvider(), Plenty, mostHosts: 2);

        foreach (var host in new[] { "a", "b", "a", "c", "a", "b" })
            await cache.GetAsync(new Uri($"http://{host}/"), CancellationToken.None);

        Assert.Equal(["a", "b", "c", "b"], asked);
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task Scheme_and_port_are_part_of_who_is_asked_and_other_spellings_are_not()
    {
        var asked = new List<string>();
        var cache = new RobotsCache(url => { asked.Add(url.AbsoluteUri); return Task.FromResult(RobotsAnswer.Of(RobotsRules.AllowAll)); }, new FakeTimeProvider(), Plenty);

        foreach (var url in new[] { "http://h/x", "https://h/x", "http://H:80/y", "http://h:8080/", "http://[::1]:81/" })
            await cache.GetAsync(new Uri(url), CancellationToken.None);

        Assert.Equal(["http://h/robots.txt", "https://h/robots.txt", "http://h:8080/robots.txt", "http://[::1]:81/robots.txt"], asked);
    }

    [Fact]
    public async Task A_host_that_is_known_is_found_without_allocating()
    {
        var cache = new RobotsCache(_ => Task.FromResult(RobotsAnswer.Of(RobotsRules.AllowAll)), new FakeTimeProvider(), Plenty);
        var url = new Uri("http://h/x");
        await cache.GetAsync(url, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++)
            _ = cache.GetAsync(url, CancellationToken.None);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Property(MaxTest = 100)]
    public void It_never_holds_more_than_its_bytes_and_one_answer(byte[] script)
    {
        var cache = new RobotsCache(url => Task.FromResult(RobotsAnswer.Of(File(url.Host.Length * 40))), new FakeTimeProvider(), mostBytes: 20_000);
        foreach (var step in script)
        {
            cache.GetAsync(new Uri($"http://{new string((char)('a' + (step % 26)), 1 + (step / 4))}/"), CancellationToken.None);

            Assert.InRange(cache.Bytes, RobotsCache.BytesOfHost, 20_000);
            Assert.InRange(cache.Count, 1, 20_000 / RobotsCache.BytesOfHost);
        }
    }

    [Fact]
    public async Task A_file_that_alone_is_too_much_is_used_and_then_forgotten()
    {
        var cache = new RobotsCache(url => Task.FromResult(RobotsAnswer.Of(File(url.Host == "large" ? 5_000 : 1))), new FakeTimeProvider(), mostBytes: 4_000);

        Assert.NotNull((await cache.GetAsync(new Uri("http://large/"), CancellationToken.None)).Rules);
        await cache.GetAsync(new Uri("http://small/"), CancellationToken.None);

        Assert.Equal(1, cache.Count);
        Assert.InRange(cache.Bytes, 1, 4_000);
    }

    [Fact]
    public async Task An_answer_that_comes_when_its_host_is_forgotten_already_takes_no_room()
    {
        var answer = new TaskCompletionSource<RobotsAnswer>();
        var cache = new RobotsCache(url => url.Host == "slow" ? answer.Task : Task.FromResult(RobotsAnswer.Of(RobotsRules.AllowAll)), new FakeTimeProvider(), Plenty, mostHosts: 1);
        var slow = cache.GetAsync(new Uri("http://slow/"), CancellationToken.None);
        await cache.GetAsync(new Uri("http://other/"), CancellationToken.None);

        answer.SetResult(RobotsAnswer.Of(File(1_000)));

        Assert.NotNull((await slow).Rules);
        Assert.Equal((1, RobotsCache.BytesOfHost), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Hosts_that_forbid_nothing_share_one_answer() =>
        Assert.Same(
            RobotsAnswer.Of(RobotsParser.Parse("User-agent: *\nAllow: /x\nDisallow:"u8, "atlas")),
            RobotsAnswer.Of(RobotsParser.Parse("<html>no robots here</html>"u8, "atlas")));

    private static RobotsRules File(int octets) => RobotsParser.Parse(Encoding.ASCII.GetBytes("User-agent: *\nDisallow: /" + new string('x', octets)), "atlas");
}
