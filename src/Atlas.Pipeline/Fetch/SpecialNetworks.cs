using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>The addresses at which no public site can be: the IANA special-purpose registries, multicast, and what is reserved.</summary>
/// <remarks>Of IPv6 only global unicast (2000::/3) and the well-known NAT64 prefix are public, so that what IANA hands out next is refused until somebody looks at it.</remarks>
internal static class SpecialNetworks
{
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    // RFC 6052: leads to the IPv4 address in its last four bytes, which is looked at by itself.
    private static readonly IPNetwork WellKnownNat64 = IPNetwork.Parse("64:ff9b::/96");

    private static readonly (IPNetwork Network, string Meaning)[] Known =
    [
        .. new (string, string)[]
        {
            ("0.0.0.0/8", "this network, RFC 791"),
            ("10.0.0.0/8", "private, RFC 1918"),
            ("100.64.0.0/10", "shared by a carrier's customers, RFC 6598"),
            ("127.0.0.0/8", "loopback, RFC 1122"),
            ("169.254.0.0/16", "link-local, RFC 3927"),
            ("172.16.0.0/12", "private, RFC 1918"),
            ("192.0.0.0/24", "protocol assignments, RFC 6890"),
            ("192.0.2.0/24", "documentation, RFC 5737"),
            ("192.88.99.0/24", "6to4 relays, RFC 7526"),
            ("192.168.0.0/16", "private, RFC 1918"),
            ("198.18.0.0/15", "benchmarking, RFC 2544"),
            ("198.51.100.0/24", "documentation, RFC 5737"),
            ("203.0.113.0/24", "documentation, RFC 5737"),
            ("224.0.0.0/4", "multicast, RFC 5771"),
            ("255.255.255.255/32", "broadcast, RFC 919"),
            ("240.0.0.0/4", "reserved, RFC 1112"),
            ("::/128", "unspecified, RFC 4291"),
            ("::1/128", "loopback, RFC 4291"),
            ("::/96", "IPv4-compatible, RFC 4291"),
            ("::ffff:0:0:0/96", "IPv4-translated, RFC 2765"),
            ("64:ff9b:1::/48", "NAT64 of a local network, RFC 8215"),
            ("100::/64", "discard only, RFC 6666"),
            ("100:0:0:1::/64", "dummy, RFC 9780"),
            ("2001:2::/48", "benchmarking, RFC 5180"),
            ("2001:10::/28", "ORCHID, RFC 4843"),
            ("2001:20::/28", "ORCHIDv2, RFC 7343"),
            ("2001:db8::/32", "documentation, RFC 3849"),
            ("3fff::/20", "documentation, RFC 9637"),
            ("5f00::/16", "segment routing, RFC 9602"),
            ("fc00::/7", "unique local, RFC 4193"),
            ("fe80::/10", "link-local, RFC 4291"),
            ("fec0::/10", "site-local, RFC 3879"),
            ("ff00::/8", "multicast, RFC 4291"),

            // 2001::/23 without Teredo, which begins it and is looked into.
            ("2001:1::/32", "protocol assignments, RFC 2928"),
            ("2001:2::/31", "protocol assignments, RFC 2928"),
            ("2001:4::/30", "protocol assignments, RFC 2928"),
            ("2001:8::/29", "protocol assignments, RFC 2928"),
            ("2001:20::/27", "protocol assignments, RFC 2928"),
            ("2001:40::/26", "protocol assignments, RFC 2928"),
            ("2001:80::/25", "protocol assignments, RFC 2928"),
            ("2001:100::/24", "protocol assignments, RFC 2928"),
        }.Select(entry => (IPNetwork.Parse(entry.Item1), entry.Item2)),
    ];

    /// <summary>What the address is, as <c>private, RFC 1918 (10.0.0.0/8)</c>; null if a public site may be there.</summary>
    /// <param name="address">Not IPv4-mapped.</param>
    public static string? MeaningOf(IPAddress address)
    {
        foreach (var (network, meaning) in Known)
        {
            if (network.Contains(address))
                return $"{meaning} ({network})";
        }

        return address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address) || WellKnownNat64.Contains(address) ? null : "not global unicast, RFC 4291 (outside 2000::/3)";
    }
}
