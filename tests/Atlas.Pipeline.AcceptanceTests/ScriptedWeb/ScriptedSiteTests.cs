using System.Net;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests.ScriptedWeb;

public sealed class ScriptedSiteTests : IAsyncLifetime
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.All });
    private ScriptedSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await ScriptedSite.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task A_page_has_the_size_asked_for_and_is_the_same_every_time()
    {
        var first = await _client.GetByteArrayAsync(At("/page/3000/a"));
        var again = await _client.GetByteArrayAsync(At("/page/3000/a"));
        var other = await _client.GetByteArrayAsync(At("/page/3000/b"));

        Assert.Equal(3_000, first.Length);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Every_loopback_address_answers_and_counts_for_itself()
    {
        await _client.GetByteArrayAsync(At("/x?1", "127.0.3.4"));
        await _client.GetByteArrayAsync(At("/x?1", "127.0.3.5"));
        await _client.GetByteArrayAsync(At("/x?1", "127.0.3.5"));
        await _client.GetByteArrayAsync(At("/robots.txt"));

        Assert.Equal("""{"total":3,"distinct":2,"max":2}""", await _client.GetStringAsync(At("/counts")));
        await _client.GetStringAsync(At("/counts/reset"));
        Assert.Equal(0, _site.Requests.Total);
    }

    [Fact]
    public async Task A_page_that_fails_twice_succeeds_the_third_time()
    {
        Assert.Equal(503, await StatusOf("/status/503/2/x"));
        Assert.Equal(503, await StatusOf("/status/503/2/x"));
        Assert.Equal(200, await StatusOf("/status/503/2/x"));
        Assert.Equal(404, await StatusOf("/status/404"));
    }

    [Fact]
    public async Task A_busy_page_says_when_to_come_back()
    {
        using var busy = await _client.GetAsync(At("/retry-after/7/1/x"));

        Assert.Equal(HttpStatusCode.TooManyRequests, busy.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), busy.Headers.RetryAfter!.Delta);
        Assert.Equal(200, await StatusOf("/retry-after/7/1/x"));
    }

    [Fact]
    public async Task Redirects_count_down_to_the_rest_of_the_path()
    {
        Assert.Equal("/redirect/1/page/9/x", await LocationOf("/redirect/2/page/9/x"));
        Assert.Equal("/page/9/x", await LocationOf("/redirect/0/page/9/x"));
        Assert.Equal("/loop", await LocationOf("/loop"));
        Assert.Equal("http://10.0.0.1/", await LocationOf("/to?url=http%3A%2F%2F10.0.0.1%2F"));
    }

    [Theory]
    [InlineData("/gzip/5000/a", 5_000)]
    [InlineData("/br/5000/a", 5_000)]
    [InlineData("/bomb/3", 3 << 20)]
    [InlineData("/huge/200000", 200_000)]
    [InlineData("/slow/1/300", 300)]
    [InlineData("/headers/5", 512)]
    public async Task A_body_arrives_in_full(string path, int length) =>
        Assert.Equal(length, (await _client.GetByteArrayAsync(At(path))).Length);

    [Fact]
    public async Task A_reset_is_no_answer() =>
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetAsync(At("/reset")));

    [Theory]
    [InlineData("/drip/1", 3)]
    [InlineData("/endless", 1_000_000)]
    public async Task An_endless_page_goes_on_until_the_client_leaves(string path, int bytes)
    {
        await using var body = await _client.GetStreamAsync(At(path));

        await body.ReadExactlyAsync(new byte[bytes]);
    }

    [Fact]
    public async Task Every_tenth_host_keeps_robots_out_of_its_private_pages()
    {
        Assert.Contains("Disallow: /private", await _client.GetStringAsync(At("/robots.txt", "127.0.0.17")), StringComparison.Ordinal);
        Assert.DoesNotContain("/private", await _client.GetStringAsync(At("/robots.txt", "127.0.0.18")), StringComparison.Ordinal);
    }

    private Uri At(string path, string host = "127.0.0.1") => new($"http://{host}:{_site.Port}{path}");

    private async Task<int> StatusOf(string path)
    {
        using var answer = await _client.GetAsync(At(path));
        return (int)answer.StatusCode;
    }

    private async Task<string> LocationOf(string path)
    {
        using var answer = await _client.GetAsync(At(path));
        return answer.Headers.Location!.OriginalString;
    }
}
