using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Connects to whichever of a host's addresses answers first (Happy Eyeballs, RFC 8305): a broken IPv6 costs a quarter of a second, not the deadline. Any number of calls may run at once.</summary>
/// <param name="machine">Knows whether a failure is the machine's own.</param>
/// <param name="time">For the stagger.</param>
/// <param name="dial">Connects to one address; <see cref="DialAsync"/> outside of tests.</param>
internal sealed class Dialler(OwnMachine machine, TimeProvider time, Func<IPEndPoint, CancellationToken, Task<Stream>> dial)
{
    /// <summary>After how long without an answer the next address is tried as well (RFC 8305 section 5).</summary>
    public static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>Addresses of one host that are tried; a host may name thousands.</summary>
    public const int MostAddresses = 16;

    /// <summary>A connection to the first address that answers. Connections to the others are closed.</summary>
    /// <param name="addresses">All allowed, at least one, the best one first.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancel">Ends all attempts.</param>
    /// <exception cref="FetchFailedException">No address could be reached.</exception>
    public async Task<Stream> ConnectAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken cancel)
    {
        var order = Interleaved(addresses);
        var failures = new List<(IPAddress Address, SocketException Error)>();
        var attempts = new Dictionary<Task<Stream>, IPAddress>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            for (var next = 0; ;)
            {
                if (next < order.Count)
                {
                    attempts.Add(dial(new IPEndPoint(order[next], port), enough.Token), order[next]);
                    next++;
                }

                var ended = await FirstToEndAsync(attempts.Keys, mayTryMore: next < order.Count, enough.Token);
                if (ended is null)
                    continue;
                attempts.Remove(ended, out var address);
                try
                {
                    var connected = await ended;
                    machine.Reached();
                    return connected;
                }
                catch (SocketException error)
                {
                    failures.Add((address!, error));
                    if (attempts.Count == 0 && next == order.Count)
                        throw DialFailure.Of(failures, port, machine.LackBehind(failures));
                }
            }
        }
        finally
        {
            await enough.CancelAsync();
            foreach (var attempt in attempts.Keys)
                _ = CloseAsync(attempt);
        }
    }

    /// <summary>Connects to one address.</summary>
    public static async Task<Stream> DialAsync(IPEndPoint target, CancellationToken cancel)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The families in turn, each in its own order, beginning with that of the best address.</summary>
    internal static List<IPAddress> Interleaved(IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count == 1)
            return [addresses[0]];

        var families = addresses.Distinct().GroupBy(address => address.AddressFamily).Select(family => family.ToList()).ToList();
        var order = new List<IPAddress>();
        for (var at = 0; order.Count < MostAddresses && families.Exists(family => at < family.Count); at++)
            order.AddRange(families.Where(family => at < family.Count).Select(family => family[at]));
        return order.Count <= MostAddresses ? order : order[..MostAddresses];
    }

    /// <summary>The attempt that has ended, well or not; null if it is time for one more.</summary>
    private async Task<Task<Stream>?> FirstToEndAsync(IReadOnlyCollection<Task<Stream>> attempts, bool mayTryMore, CancellationToken cancel)
    {
        if (!mayTryMore)
            return await Task.WhenAny(attempts).WaitAsync(cancel);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var stagger = Task.Delay(Stagger, time, stop.Token);
        var first = await Task.WhenAny([.. attempts, stagger]);
        await stop.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        return first == stagger ? null : (Task<Stream>)first;
    }

    private static async Task CloseAsync(Task<Stream> attempt)
    {
        try
        {
            await (await attempt).DisposeAsync();
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It has lost, one way or the other.
        }
    }
}
