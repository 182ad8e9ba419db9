using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Atlas.Pipeline.AcceptanceTests.Guard;

/// <summary>A server on the machine's own loopback addresses that nobody may reach, and beside it, on 127.0.0.2 at the same port, a site that may be reached and sends its visitors anywhere.</summary>
internal sealed class Canary : IAsyncDisposable
{
    /// <summary>The one address that is allowed.</summary>
    public static readonly IPAddress Site = IPAddress.Parse("127.0.0.2");

    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpListener> _listeners = [];
    private readonly List<Task> _serving = [];
    private int _hits;

    private Canary(List<TcpListener> listeners)
    {
        _listeners = listeners;
        Port = ((IPEndPoint)listeners[0].LocalEndpoint).Port;
        foreach (var listener in listeners)
            _serving.Add(AcceptAsync(listener, ((IPEndPoint)listener.LocalEndpoint).Address.Equals(Site)));
    }

    public int Port { get; }

    /// <summary>Where the site's robots.txt redirects to; it has none until this is set.</summary>
    public string? RobotsLeadTo { get; set; }

    /// <summary>Connections that should not have been.</summary>
    public int Hits => Volatile.Read(ref _hits);

    public static Canary Listen()
    {
        while (true)
        {
            var listeners = new List<TcpListener> { new(IPAddress.Loopback, 0) };
            listeners[0].Start();
            var port = ((IPEndPoint)listeners[0].LocalEndpoint).Port;
            listeners.AddRange([new(IPAddress.IPv6Loopback, port), new(Site, port)]);
            try
            {
                listeners[1].Start();
                listeners[2].Start();
                return new Canary(listeners);
            }
            catch (SocketException)
            {
                // Another program has that port of one of the other addresses.
                listeners.ForEach(listener => listener.Stop());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_serving);
        _listeners.ForEach(listener => listener.Stop());
        _stop.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, bool isSite)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token);
                if (!isSite)
                    Interlocked.Increment(ref _hits);
                serving.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    /// <summary>Answers <c>/to/PLACE</c> with a redirect to the escaped place, and everything else with a page.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var head = new byte[8_192];
                var read = await client.GetStream().ReadAsync(head, _stop.Token);
                var path = Encoding.ASCII.GetString(head, 0, read).Split(' ').ElementAtOrDefault(1) ?? "";
                var place = path == "/robots.txt" ? RobotsLeadTo : path.StartsWith("/to/", StringComparison.Ordinal) ? Uri.UnescapeDataString(path[4..]) : null;
                var answer = place is null
                    ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                    : $"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: {place}\r\n\r\n";
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The visitor has left.
            }
        }
    }
}
