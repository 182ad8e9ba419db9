using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Atlas.ScriptedWeb;

/// <summary>A web of which a third is good, a third faulty and a third down, on all of 127.0.0.0/8 at one port. See <see cref="HostileKind"/> and <see cref="HostileFaults"/>.</summary>
/// <remarks>Bare sockets, as most of what it does no server can be made to do.</remarks>
public sealed class HostileSite : IAsyncDisposable
{
    /// <summary>The prefix of pages that only redirects lead to: they are not counted.</summary>
    internal const string HopPrefix = "/hop/";

    private const int MostHead = 16 * 1024;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _deaf = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly HostileFaults _faults = new();

    private HostileSite()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen(4_096);

        // Bound and never listening: whoever dials it is refused, and nobody else can take it.
        _deaf.Bind(new IPEndPoint(IPAddress.Any, 0));
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Where nobody listens.</summary>
    public int DeafPort => ((IPEndPoint)_deaf.LocalEndPoint!).Port;

    /// <summary>Pages asked of good hosts. Here as below robots.txt and what redirects lead to are left out.</summary>
    public RequestCounts Good { get; } = new();

    /// <summary>Pages asked of faulty hosts.</summary>
    public RequestCounts Faulty { get; } = new();

    /// <summary>Pages asked of hosts that never answer.</summary>
    public RequestCounts Silent { get; } = new();

    /// <summary>How many kinds of faults there are.</summary>
    public static int FaultKinds => HostileFaults.Kinds;

    /// <summary>How often each fault was played, by its name.</summary>
    public IReadOnlyDictionary<string, int> Played => _faults.Played;

    public static HostileSite Start()
    {
        var site = new HostileSite();
        _ = site.AcceptAsync();
        return site;
    }

    /// <summary>The URL of a page: another number, another page.</summary>
    /// <param name="kind">Of host.</param>
    /// <param name="host">From 0, below 60,000.</param>
    /// <param name="page">Any number.</param>
    public string Url(HostileKind kind, int host, int page) => string.Create(
        CultureInfo.InvariantCulture,
        $"http://127.{(int)kind}.{host / 250}.{1 + (host % 250)}:{(kind == HostileKind.Refusing ? DeafPort : Port)}/page/{page}");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        _deaf.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptAsync(_stopping.Token));
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // A client that has left already, or the end.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await AnswerAsync(new HostileConnection(client, _stopping.Token), (IPEndPoint)client.LocalEndPoint!);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has left: nobody is there to answer.
            }
        }
    }

    private async Task AnswerAsync(HostileConnection connection, IPEndPoint host)
    {
        var kind = (HostileKind)host.Address.GetAddressBytes()[1];
        var counts = kind switch { HostileKind.Good => Good, HostileKind.Faulty => Faulty, _ => Silent };
        while (await connection.ReadTargetAsync(MostHead) is { } target)
        {
            var isPage = target != "/robots.txt" && !target.StartsWith(HopPrefix, StringComparison.Ordinal);
            var times = isPage ? counts.Add(host.Address.ToString(), target) : 0;
            if (kind == HostileKind.Silent)
                await connection.WaitForLeaveAsync();
            else if (kind == HostileKind.Good || !await _faults.TryPlayAsync(connection, target, host, times))
                await connection.SendPageAsync(target);
            if (connection.Ended)
                return;
        }
    }
}
