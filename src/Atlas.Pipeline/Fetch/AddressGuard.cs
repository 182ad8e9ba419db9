using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Decides whether an address may be dialled. It sees the address itself, never a name: names can be spelled in too many ways.</summary>
internal sealed class AddressGuard(IReadOnlyList<IPNetwork> allowNetworks, IReadOnlyList<int> allowPorts)
{
    // From the IANA special-purpose registries, and what clouds answer metadata on.
    private static readonly IPNetwork[] Refused =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32",
            "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
            "fec0::/10", "ff00::/8",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    /// <summary>Why the port is not dialled, or <see cref="Reason.None"/>.</summary>
    public Reason RefusalOf(int port) => allowPorts.Contains(port) ? Reason.None : Reason.PortBlocked;

    /// <summary>Why the address is not dialled at that port, or <see cref="Reason.None"/>.</summary>
    /// <remarks>An allowed network lifts the refusal of its addresses only: the port must be allowed as well.</remarks>
    public Reason RefusalOf(IPAddress address, int port)
    {
        if (RefusalOf(port) is { Code: not 0 } refusal)
            return refusal;
        if (Contains(allowNetworks, address))
            return Reason.None;
        if (Contains(Refused, address))
            return Reason.AddressBlocked;

        // A tunnel reaches what it wraps; each of the addresses inside must pass by itself.
        foreach (var inner in Unwrap(address))
        {
            if (!Contains(allowNetworks, inner) && Contains(Refused, inner))
                return Reason.AddressBlocked;
        }

        return Reason.None;
    }

    private static List<IPAddress> Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return [];

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.IsIPv4MappedToIPv6 || bytes[..12].IndexOfAnyExcept((byte)0) < 0 || bytes.StartsWith((ReadOnlySpan<byte>)[0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]))
            return [new IPAddress(bytes[12..])];
        if (bytes is [0x20, 0x02, ..])
            return [new IPAddress(bytes[2..6])];
        if (bytes is not [0x20, 0x01, 0, 0, ..])
            return [];

        // Teredo: the server as it is, the client with every bit inverted.
        var server = new IPAddress(bytes[4..8]);
        var client = bytes[12..];
        for (var i = 0; i < client.Length; i++)
            client[i] ^= 0xff;
        return [server, new IPAddress(client)];
    }

    private static bool Contains(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }
}
