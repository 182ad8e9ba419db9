using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Hosts;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchStageTests
{
    [Fact]
    public async Task A_document_is_brought_with_what_is_worth_keeping()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("hello", "Content-Type: text/plain\r\nETag: \"e1\"\r\nLast-Modified: Tue, 01 Sep 2026 10:00:00 GMT\r\n"));

        var verdict = await FetchBed.FetchAsync(server, "/a?b=1#c");

        Assert.Equal(Fate.Forward, verdict.Fate);
        using var document = verdict.Item.Document!;
        Assert.Equal("hello", Encoding.UTF8.GetString(document.Body));
        Assert.Equal((server.Url("/a?b=1"), 200, "text/plain", "\"e1\"", 5L), (document.FinalUrl, document.Status, document.ContentType, document.ETag, document.WireBytes));
        Assert.Equal(new DateTimeOffset(2026, 9, 1, 10, 0, 0, TimeSpan.Zero), document.LastModified);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task One_encoding_is_undone(string encoding)
    {
        await using var server = new TinyServer(_ => TinyServer.Ok(Encode(encoding, new byte[5000]), $"Content-Encoding: {encoding}\r\n"));

        var verdict = await FetchBed.FetchAsync(server);

        using var document = verdict.Item.Document!;
        Assert.Equal(5000, document.BodyLength);
        Assert.InRange(document.WireBytes, 1, 200);
    }

    [Theory]
    [InlineData("gzip, gzip")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_encoding_that_is_not_what_it_says_is_a_bad_encoding(string encoding)
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("this is plain text, not compressed at all", $"Content-Encoding: {encoding}\r\n"));

        var verdict = await FetchBed.FetchAsync(server);

        Assert.Equal((Fate.DeadLetter, Reason.BadEncoding), (verdict.Fate, verdict.Reason));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task An_encoded_body_that_is_cut_short_is_a_bad_encoding(string encoding)
    {
        var whole = Encode(encoding, [.. Enumerable.Range(0, 5000).Select(at => (byte)(at * at / 7))]);
        await using var server = new TinyServer(_ => TinyServer.Ok(whole[..^20], $"Content-Encoding: {encoding}\r\n"));

        var verdict = await FetchBed.FetchAsync(server);

        Assert.Equal((Fate.DeadLetter, Reason.BadEncoding), (verdict.Fate, verdict.Reason));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_empty_body_is_empty_in_any_encoding(string encoding)
    {
        await using var server = new TinyServer(_ => TinyServer.Ok(Array.Empty<byte>(), $"Content-Encoding: {encoding}\r\n"));

        var verdict = await FetchBed.FetchAsync(server);

        Assert.Equal(Fate.Forward, verdict.Fate);
        using var document = verdict.Item.Document!;
        Assert.Equal(0, document.BodyLength);
    }

    [Fact]
    public async Task A_decompression_bomb_is_stopped()
    {
        var bomb = Encode("br", new byte[8 * 1024 * 1024]);
        await using var server = new TinyServer(_ => TinyServer.Ok(bomb, "Content-Encoding: br\r\n"));

        Assert.Equal(Reason.DecompressionBomb, (await FetchBed.FetchAsync(server)).Reason);
    }

    [Theory]
    [InlineData(100, nameof(Fate.Forward))]
    [InlineData(101, nameof(Fate.DeadLetter))]
    public async Task A_body_may_be_as_long_as_the_limit_and_no_longer(int length, string fate)
    {
        await using var server = new TinyServer(_ => [.. TinyServer.Head("200 OK", ""), .. new byte[length]]);

        var verdict = await FetchBed.FetchAsync(server, with: options => options with { MaxBodyBytes = 100 });

        Assert.Equal(fate, verdict.Fate.ToString());
        Assert.Equal(fate == nameof(Fate.Forward) ? Reason.None : Reason.TooLarge, verdict.Reason);
        verdict.Item.Document?.Dispose();
    }

    [Fact]
    public async Task A_body_that_never_ends_is_cut_off()
    {
        await using var server = new TinyServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync(TinyServer.Head("200 OK", "Transfer-Encoding: chunked\r\n"), stop);
            while (true)
                await stream.WriteAsync("8\r\nabcdefgh\r\n"u8.ToArray(), stop);
        });

        Assert.Equal(Reason.TooLarge, (await FetchBed.FetchAsync(server, with: options => options with { MaxBodyBytes = 100_000 })).Reason);
    }

    [Theory]
    [InlineData("302 Found")]
    [InlineData("308 Permanent Redirect")]
    public async Task A_redirect_is_not_followed_and_said_with_the_item(string status)
    {
        await using var server = new TinyServer(_ => TinyServer.Head(status, "Content-Length: 0\r\nLocation: /end?x=1\r\n"));

        var verdict = await FetchBed.FetchAsync(server, "/start/here");

        Assert.Equal((Fate.Redirect, null, server.Url("/end?x=1")), (verdict.Fate, verdict.Item.Document, verdict.Item.RedirectsTo!.AbsoluteUri));
        Assert.Equal((1, HostOutcome.Answered), (server.Connections, HostOutcomes.Of(verdict)));
    }

    [Theory]
    [InlineData("/a?b")]
    [InlineData("/a?b#c")]
    public async Task A_redirect_to_itself_is_given_up_at_once(string location)
    {
        await using var server = new TinyServer(_ => TinyServer.Redirect(location));

        var verdict = await FetchBed.FetchAsync(server, "/a?b");

        Assert.Equal((Fate.DeadLetter, Reason.TooManyRedirects), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task What_is_asked_for_is_where_redirects_to_the_same_resource_have_led()
    {
        await using var server = new TinyServer(path => path == "/end" ? TinyServer.Ok("there") : TinyServer.Redirect("/end"));
        using var stage = new FetchStage(FetchBed.Options(server.Port), new Seams());
        var item = FetchBed.Item(server.Url("/start"));

        var verdict = await stage.ProcessAsync(item.AskedAt(server.Url("/end"), item.HostKey), TestContext.Current.CancellationToken);

        using var document = verdict.Item.Document!;
        Assert.Equal((server.Url("/end"), server.Url("/start")), (document.FinalUrl, verdict.Item.Url));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("file:///\u00e4")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://")]
    [InlineData("http://[::1")]
    [InlineData("http://user:pass@127.0.0.1/")]
    [InlineData("ftp://h/x")]
    public async Task An_odd_location_is_a_verdict(string location)
    {
        await using var server = new TinyServer(_ => TinyServer.Redirect(location));

        var verdict = await FetchBed.FetchAsync(server);

        Assert.Equal((Fate.DeadLetter, Reason.RedirectRefused), (verdict.Fate, verdict.Reason));
    }

    [Theory]
    [InlineData(404, nameof(Fate.DeadLetter))]
    [InlineData(304, nameof(Fate.DeadLetter))]
    [InlineData(302, nameof(Fate.DeadLetter))]
    [InlineData(503, nameof(Fate.Retry))]
    [InlineData(429, nameof(Fate.Retry))]
    public async Task Another_status_is_its_own_reason(int status, string fate)
    {
        await using var server = new TinyServer(_ => TinyServer.Head($"{status} Status"));

        var verdict = await FetchBed.FetchAsync(server);

        Assert.Equal((fate, Reason.Http(status), (TimeSpan?)null), (verdict.Fate.ToString(), verdict.Reason, verdict.RetryAfter));
    }

    [Fact]
    public async Task An_empty_answer_is_a_document_without_body()
    {
        await using var server = new TinyServer(_ => TinyServer.Head("204 No Content", ""));

        var verdict = await FetchBed.FetchAsync(server);

        using var document = verdict.Item.Document!;
        Assert.Equal((Fate.Forward, 204, 0), (verdict.Fate, document.Status, document.BodyLength));
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Tue, 01 Sep 2026 10:01:00 GMT", 60)]
    [InlineData("Tue, 01 Sep 2026 09:00:00 GMT", 0)]
    [InlineData("soon", null)]
    public async Task Retry_after_is_read_in_both_forms(string value, int? seconds)
    {
        await using var server = new TinyServer(_ => TinyServer.Head("503 Busy", $"Content-Length: 0\r\nRetry-After: {value}\r\n"));
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 9, 1, 10, 0, 0, TimeSpan.Zero));

        var verdict = await FetchBed.FetchAsync(FetchBed.Options(server.Port), server.Url(), new Seams { Time = clock });

        Assert.Equal(seconds, (int?)verdict.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_body_that_falls_silent_is_too_slow()
    {
        await using var server = new TinyServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync(TinyServer.Head("200 OK", "Content-Length: 100\r\n"), stop);
            await stream.WriteAsync("abc"u8.ToArray(), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        var verdict = await FetchBed.FetchAsync(server, with: options => options with { IdleTimeout = TimeSpan.FromMilliseconds(100) });

        Assert.Equal((Fate.Retry, Reason.TooSlow), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task A_host_that_takes_the_request_and_says_nothing_is_a_timeout()
    {
        await using var server = new TinyServer(async (_, stream, stop) => await Task.Delay(Timeout.Infinite, stop));

        var verdict = await FetchBed.FetchAsync(server, with: options => options with { ConnectTimeout = TimeSpan.FromMilliseconds(100), HeadersTimeout = TimeSpan.FromMilliseconds(100) });

        Assert.Equal((Fate.Retry, Reason.Timeout), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task A_body_that_trickles_meets_the_deadline_of_the_whole()
    {
        await using var server = new TinyServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync(TinyServer.Head("200 OK", "Content-Length: 100000\r\n"), stop);
            while (true)
            {
                await stream.WriteAsync("a"u8.ToArray(), stop);
                await Task.Delay(20, stop);
            }
        });

        var verdict = await FetchBed.FetchAsync(server, with: options => options with { Timeout = TimeSpan.FromMilliseconds(250) });

        Assert.Equal((Fate.Retry, Reason.Timeout), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task Headers_that_are_too_large_are_named_so()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("x", $"X-Long: {new string('a', 70_000)}\r\n"));

        Assert.Equal(Reason.HeadersTooLarge, (await FetchBed.FetchAsync(server)).Reason);
    }

    [Fact]
    public async Task An_answer_that_is_not_http_is_a_protocol_error()
    {
        await using var server = new TinyServer(_ => "SSH-2.0-OpenSSH_9.2 is no HTTP at all\r\n\r\n"u8.ToArray());

        Assert.Equal(Reason.ProtocolError, (await FetchBed.FetchAsync(server)).Reason);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_a_reset()
    {
        await using var server = new TinyServer(_ => [.. TinyServer.Head("200 OK", "Content-Length: 100\r\n"), .. "abc"u8]);

        Assert.Equal((Fate.Retry, Reason.ConnectionReset), await FetchBed.FetchAsync(server) is var verdict ? (verdict.Fate, verdict.Reason) : default);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_a_failed_connection()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        Assert.Equal(Reason.ConnectFailed, (await FetchBed.FetchAsync(FetchBed.Options(port), $"http://127.0.0.1:{port}/")).Reason);
    }

    [Theory]
    [InlineData(1, nameof(Fate.Forward))]
    [InlineData(9, nameof(Fate.Retry))]
    public async Task A_request_that_was_reset_is_sent_once_more(int resets, string fate)
    {
        using var handler = new ResettingHandler(resets);

        var verdict = await FetchBed.FetchAsync(FetchBed.Options(80), "http://host.example/", handler: handler);

        Assert.Equal((fate, 2), (verdict.Fate.ToString(), handler.Sent));
        Assert.Equal(fate == nameof(Fate.Retry) ? Reason.ConnectionReset : Reason.None, verdict.Reason);
        verdict.Item.Document?.Dispose();
    }

    [Fact]
    public async Task A_host_that_always_closes_in_silence_is_a_reset()
    {
        await using var server = new TinyServer(_ => []);

        var verdict = await FetchBed.FetchAsync(server);

        Assert.Equal(Reason.ConnectionReset, verdict.Reason);
        Assert.InRange(server.Connections, 1, 4);
    }

    [Fact]
    public async Task An_abort_ends_the_fetch_with_its_own_exception()
    {
        using var abort = new CancellationTokenSource();
        await using var server = new TinyServer(async (_, _, stop) =>
        {
            await abort.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop);
        });
        using var stage = new FetchStage(FetchBed.Options(server.Port), new Seams());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stage.ProcessAsync(FetchBed.Item(server.Url()), abort.Token));
    }

    [Theory]
    [InlineData("not a url", "malformed")]
    [InlineData("file:///etc/passwd", "malformed")]
    [InlineData("ftp://host/x", "scheme_unsupported")]
    public async Task What_is_no_http_url_is_a_verdict(string url, string reason) =>
        Assert.Equal(reason, (await FetchBed.FetchAsync(FetchBed.Options(80), url)).Reason.Name);

    private static byte[] Encode(string encoding, byte[] plain)
    {
        using var output = new MemoryStream();
        using (Stream encoder = encoding switch
        {
            "gzip" => new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BrotliStream(output, CompressionLevel.Fastest, leaveOpen: true),
        })
            encoder.Write(plain);
        return output.ToArray();
    }

    private sealed class ResettingHandler(int resets) : HttpMessageHandler
    {
        public int Sent { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => ++Sent <= resets
            ? throw new HttpRequestException("sent", new IOException("reset", new SocketException((int)SocketError.ConnectionReset)))
            : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("x") });
    }
}
