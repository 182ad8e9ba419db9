using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Finds the IPv4 addresses that an IPv6 address leads to.</summary>
internal static class WrappedAddresses
{
    /// <summary>The addresses inside, none for a plain one. Where it cannot be told in which place one stands, each place is given.</summary>
    public static IReadOnlyList<IPAddress> In(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return [];

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var inside = new List<IPAddress>(2);
        if (IsPrefixedIPv4(bytes))
            inside.Add(new IPAddress(bytes[12..]));

        // RFC 8215: any of the prefix lengths of RFC 6052 may be used below this one; the shortest and the longest are the ones that are. Zeros are the place that was not meant.
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x00, 0x64, 0xff, 0x9b, 0x00, 0x01]))
        {
            Add(inside, [bytes[6], bytes[7], bytes[9], bytes[10]]);
            Add(inside, bytes[12..]);
        }

        // 6to4, RFC 3056.
        if (bytes is [0x20, 0x02, ..])
            inside.Add(new IPAddress(bytes[2..6]));

        // Teredo, RFC 4380: the server as it is, the client with every bit inverted.
        if (bytes is [0x20, 0x01, 0, 0, ..])
        {
            inside.Add(new IPAddress(bytes[4..8]));
            inside.Add(new IPAddress([(byte)~bytes[12], (byte)~bytes[13], (byte)~bytes[14], (byte)~bytes[15]]));
        }

        // ISATAP, RFC 5214: below any prefix.
        if (bytes[8..12] is [0x00 or 0x02, 0x00, 0x5e, 0xfe])
            inside.Add(new IPAddress(bytes[12..]));
        return inside;
    }

    /// <summary>Mapped and compatible (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052). The unspecified address and loopback only look like it.</summary>
    private static bool IsPrefixedIPv4(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0])
        || (bytes[..8].IndexOfAnyExcept((byte)0) < 0 && bytes[8..12] is [0, 0, 0, 0] or [0, 0, 0xff, 0xff] or [0xff, 0xff, 0, 0] && bytes[8..] is not [0, 0, 0, 0, 0, 0, 0, 0 or 1]);

    private static void Add(List<IPAddress> inside, ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != 0)
            inside.Add(new IPAddress(bytes));
    }
}
