using System.Net;
using System.Text;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>What is taken down of the talk around a body.</summary>
public sealed class FetchExchangeTests
{
    [Fact]
    public async Task Both_sides_are_taken_down_and_who_answered()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("hello", "Content-Type: text/plain\r\nX-One: 1\r\nx-two: a  b\r\nX-One: 2\r\n"));

        var exchange = await FetchAsync(server);

        Assert.Equal("User-Agent: AtlasPipeline/0.1\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\n", Encoding.Latin1.GetString(exchange.Request.Span));
        Assert.Equal("200 OK\r\nConnection: close\r\nX-One: 1\r\nX-One: 2\r\nx-two: a  b\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n", Encoding.Latin1.GetString(exchange.Response.Span));
        Assert.Equal((IPAddress.Loopback, HttpVersion.Version11, false), (exchange.Peer, exchange.Version, exchange.IsCut));
    }

    [Fact]
    public async Task Bytes_that_are_no_ascii_and_folded_lines_stay_within_their_line()
    {
        await using var server = new TinyServer(_ => [.. "HTTP/1.1 200 Gut\r\nX-Name: caf"u8, 0xE9, 0xC3, 0xA9, .. "\r\nX-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n"u8]);

        var exchange = await FetchAsync(server);

        Assert.Equal([.. "200 Gut\r\nX-Name: caf"u8, 0xE9, 0xC3, 0xA9], exchange.Response.Span[..23].ToArray());
        Assert.Equal(4, Encoding.Latin1.GetString(exchange.Response.Span).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task The_address_is_that_of_who_answered()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("there"));
        using var stage = new FetchStage(FetchBed.Options(server.Port), new Seams(), resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.1")]));
        var verdict = await stage.ProcessAsync(FetchBed.Item($"http://site.example:{server.Port}/"), TestContext.Current.CancellationToken);

        using var document = verdict.Item.Document!;

        Assert.Equal(IPAddress.Loopback, HttpExchange.Parse(document.Exchange)!.Peer);
    }

    [Fact]
    public void Over_http2_an_address_is_given_only_if_all_open_connections_lead_to_it()
    {
        var peers = new Peers();
        var target = new DnsEndPoint("site.example", 443);
        using var response = new HttpResponseMessage { Version = HttpVersion.Version20, RequestMessage = new HttpRequestMessage(HttpMethod.Get, "https://site.example/") };
        Assert.Null(peers.Of(response));
        using var pair = new ConnectedSockets();
        var (one, two) = (IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.2"));

        var first = peers.Connected(pair.Next(one), target);
        Assert.Equal(one, peers.Of(response));
        var second = peers.Connected(pair.Next(two), target);
        Assert.Null(peers.Of(response));
        first.Dispose();
        first.Dispose();
        Assert.Equal(two, peers.Of(response));
        second.Dispose();
        Assert.Null(peers.Of(response));
    }

    private static async Task<HttpExchange> FetchAsync(TinyServer server)
    {
        var verdict = await FetchBed.FetchAsync(server);
        using var document = verdict.Item.Document!;
        return HttpExchange.Parse(document.Exchange)!;
    }

    private sealed class ConnectedSockets : IDisposable
    {
        private readonly System.Net.Sockets.TcpListener _listener = new(IPAddress.Any, 0);

        public ConnectedSockets() => _listener.Start();

        public System.Net.Sockets.NetworkStream Next(IPAddress address)
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            socket.Connect(new IPEndPoint(address, ((IPEndPoint)_listener.LocalEndpoint).Port));
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        }

        public void Dispose() => _listener.Dispose();
    }
}
