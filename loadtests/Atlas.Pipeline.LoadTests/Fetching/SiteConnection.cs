using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>One connection of the loopback site: a request comes, its answer goes, until the client leaves.</summary>
internal sealed class SiteConnection : IDisposable
{
    private const int PageBytes = 10_000;
    private const int NumberDigits = 10;

    /// <summary>The answer with a page, its number still to be set.</summary>
    private static readonly byte[] Page = MakePage(out NumberAt);

    private static readonly int NumberAt;

    private readonly LoopbackSite _site;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _receiving = new();
    private readonly SocketAsyncEventArgs _sending = new();
    private readonly byte[] _request = new byte[8_192];
    private byte[]? _page;
    private int _received;

    public SiteConnection(LoopbackSite site, Socket socket)
    {
        (_site, _socket) = (site, socket);
        _receiving.Completed += (_, _) => Received();
        _sending.Completed += (_, _) => Sent();
    }

    /// <summary>Waits for the next request.</summary>
    public void Receive()
    {
        _receiving.SetBuffer(_request, _received, _request.Length - _received);
        if (!_socket.ReceiveAsync(_receiving))
            Received();
    }

    /// <summary>Sends the answer that is set.</summary>
    public void Send()
    {
        if (!_socket.SendAsync(_sending))
            Sent();
    }

    private void Received()
    {
        if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0)
        {
            Dispose();
            return;
        }

        _received += _receiving.BytesTransferred;
        var request = _request.AsSpan(0, _received);
        if (!request.EndsWith("\r\n\r\n"u8))
        {
            Receive();
            return;
        }

        _received = 0;
        Answer(request);
    }

    private void Answer(ReadOnlySpan<byte> request)
    {
        if (request.StartsWith("GET /p/"u8) && Utf8Parser.TryParse(request[7..], out int page, out var digits) && request[7 + digits] == ' ' && _site.Has(page))
        {
            _page ??= (byte[])Page.Clone();
            WriteNumber(page);
            _sending.SetBuffer(_page);
            _site.Answer(page, this);
            return;
        }

        _sending.SetBuffer(
            request.StartsWith("GET /robots.txt "u8) ? Text("200 OK", "User-agent: *\nDisallow: /private/\n"u8)
            : request.StartsWith("GET /counts "u8) ? Text("200 OK", _site.TakeCounts())
            : Text("404 Not Found", "There is no such page.\n"u8));
        Send();
    }

    private void WriteNumber(int page)
    {
        for (var i = NumberAt + NumberDigits - 1; i >= NumberAt; i--, page /= 10)
            _page![i] = (byte)('0' + page % 10);
    }

    private void Sent()
    {
        if (_sending.SocketError == SocketError.Success)
            Receive();
        else
            Dispose();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _receiving.Dispose();
        _sending.Dispose();
    }

    private static byte[] Text(string status, ReadOnlySpan<byte> body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];

    private static byte[] MakePage(out int numberAt)
    {
        var words = "atlas queue fetch page store index crawl robots delay shard link title anchor body header cache".Split(' ');
        var random = new Random(7);
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {PageBytes}\r\n\r\n");
        var body = new StringBuilder("<!doctype html><html><head><title>Page ");
        numberAt = head.Length + body.Length;
        body.Append('0', NumberDigits).Append("</title></head><body><p>");
        while (body.Length < PageBytes)
            body.Append(words[random.Next(words.Length)]).Append(' ');
        return [.. head, .. Encoding.ASCII.GetBytes(body.ToString(0, PageBytes))];
    }
}
