using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Asks the machine's DNS servers whether they are there: the system's resolver says the same of a server that cannot be reached and of a name that it cannot answer for.</summary>
internal static class DnsServers
{
    /// <summary>How long an answer is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // RFC 1035 section 4.1: one question, recursion desired, for the name servers of the root, which every resolver knows.
    private static readonly byte[] Question = [0x41, 0x54, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];

    /// <summary>The servers that the machine is set to ask; loopback where it names none, as the system's resolver does.</summary>
    public static IReadOnlyList<IPEndPoint> Known()
    {
        var servers = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().DnsAddresses).Distinct().Select(address => new IPEndPoint(address, 53)).ToList();
        return servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, 53)];
    }

    /// <summary>Whether any of them answers, whatever it says.</summary>
    public static async Task<bool> AnswerAsync(IReadOnlyList<IPEndPoint> servers, TimeProvider time)
    {
        using var enough = new CancellationTokenSource(Patience, time);
        var asked = servers.Select(server => AnswersAsync(server, enough.Token)).ToList();
        while (asked.Count > 0)
        {
            var first = await Task.WhenAny(asked);
            asked.Remove(first);
            if (await first)
            {
                await enough.CancelAsync();
                return true;
            }
        }

        return false;
    }

    private static async Task<bool> AnswersAsync(IPEndPoint server, CancellationToken enough)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(server, enough);
            await socket.SendAsync(Question, enough);
            return await socket.ReceiveAsync(new byte[512], enough) > 0;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
