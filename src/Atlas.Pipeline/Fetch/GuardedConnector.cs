using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Opens the connections: resolves once, has every address checked, and dials one of the checked addresses, so that no second answer of the DNS can matter.</summary>
/// <param name="guard">Decides.</param>
/// <param name="resolve">From a host name to its addresses.</param>
internal sealed class GuardedConnector(AddressGuard guard, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancel)
    {
        Check(guard.RefusalOf(target.Port), target, null);
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await resolve(target.Host, cancel);
        if (addresses.Length == 0)
            throw new FetchFailedException(Reason.DnsFailed, $"{target.Host} has no address.");

        // One bad answer refuses the host: a name that mixes public and private addresses is an attempt, not an accident.
        foreach (var address in addresses)
            Check(guard.RefusalOf(address, target.Port), target, address);

        for (var i = 0; ; i++)
        {
            try
            {
                return await DialAsync(addresses[i], target.Port, cancel);
            }
            catch (SocketException) when (i < addresses.Length - 1)
            {
                // The next address may answer.
            }
        }
    }

    private static async Task<NetworkStream> DialAsync(IPAddress address, int port, CancellationToken cancel)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Check(Refusal refusal, DnsEndPoint target, IPAddress? address)
    {
        if (refusal.Refuses)
            throw new ConnectRefusedException(refusal.Reason, address is null ? $"Port {target.Port} of {target.Host} {refusal.Detail}." : $"{target.Host} leads to {address}, which {refusal.Detail}.");
    }
}
