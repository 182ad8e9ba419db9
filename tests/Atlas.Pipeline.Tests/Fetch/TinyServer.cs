using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>A loopback server that says exactly what a test tells it to, malformed or not, once per connection.</summary>
internal sealed class TinyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, Stream, CancellationToken, Task> _answer;
    private readonly Task _accepting;
    private readonly bool _waitsForQuestion = true;
    private int _connections;

    /// <param name="answer">Gets the path asked for and the stream to write to; the connection is closed after it.</param>
    public TinyServer(Func<string, Stream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public TinyServer(Func<string, byte[]> answer)
        : this(async (path, stream, stop) => await stream.WriteAsync(answer(path), stop))
    {
    }

    /// <param name="greeting">Said to everybody at once, whatever is asked.</param>
    public TinyServer(byte[] greeting)
        : this(async (_, stream, stop) => await stream.WriteAsync(greeting, stop)) => _waitsForQuestion = false;

    public int Port { get; }

    public int Connections => Volatile.Read(ref _connections);

    public string Url(string path = "/") => $"http://127.0.0.1:{Port}{path}";

    public static byte[] Ok(string body, string headers = "") => Ok(Encoding.UTF8.GetBytes(body), headers);

    public static byte[] Ok(byte[] body, string headers = "") => [.. Head("200 OK", $"Content-Length: {body.Length}\r\n{headers}"), .. body];

    public static byte[] Head(string status, string headers = "Content-Length: 0\r\n") => Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");

    public static byte[] Redirect(string location) => Head("302 Found", $"Content-Length: 0\r\nLocation: {location}\r\n");

    public async ValueTask DisposeAsync()
    {
        // The loop ends before the listener does: accepting from a stopped listener is an InvalidOperationException.
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var head = new StringBuilder();
                var buffer = new byte[4096];
                while (_waitsForQuestion && !head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    var read = await stream.ReadAsync(buffer, _stop.Token);
                    if (read == 0)
                        return;
                    head.Append(Encoding.ASCII.GetString(buffer, 0, read));
                }

                await _answer(head.ToString().Split(' ').ElementAtOrDefault(1) ?? "", stream, _stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The other side hung up, which is what many tests are about.
            }
        }
    }
}
