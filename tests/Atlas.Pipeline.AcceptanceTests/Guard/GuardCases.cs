using System.Net;

namespace Atlas.Pipeline.AcceptanceTests.Guard;

/// <summary>Hosts that lead to where nobody outside may get: addresses in every spelling, and names with answers that an attacker would give.</summary>
internal static class GuardCases
{
    /// <summary>Addresses as they may stand in a URL.</summary>
    public static readonly string[] Literals =
    [
        "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0X7F.0x0.0.0x1", "0177.0.0.1", "127.0.0.1.", "%31%32%37.0.0.1",
        "127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1", "localhost", "LocalHost", "localhost.", "0", "0.0.0.0", "0x0", "0.1.2.3",
        "10.0.0.1", "10.255.255.255", "167772161", "012.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "3232235521", "0xC0A80001", "0300.0250.0.1", "192.168.1",
        "169.254.169.254", "169.254.169.254.", "169.254.0.1", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "4294967295",
        "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::127.0.0.1]", "[::7f00:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:168.63.129.16]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::a00:1]", "[64:ff9b:1::7f00:1]", "[64:ff9b:1:7f00:0:100::]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:c0a8:1::1]",
        "[2001:0:7f00:1::f7f7:f7f7]", "[2001:0:808:808::80ff:fffe]", "[2600::5efe:127.0.0.1]", "[2600::200:5efe:a00:1]",
        "[fe80::1]", "[fe80::a9fe:a9fe]", "[fec0::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[fd00:42::42]", "[ff02::1]", "[100::1]",
        "[2001:db8::1]", "[3fff::1]", "[2001:1::1]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[5f00::1]", "[4000::1]",
    ];

    /// <summary>Names, with the answers that they give one after the other; the last one stays.</summary>
    public static readonly (string Host, string Meaning, string[][] Answers)[] Names =
    [
        ("private.example", "a private address", [["10.0.0.1"]]),
        ("loopback.example", "loopback", [["127.0.0.1"]]),
        ("loopback6.example", "IPv6 loopback", [["::1"]]),
        ("metadata.example", "a metadata service, as a CNAME would lead there", [["169.254.169.254"]]),
        ("mapped.example", "loopback, IPv4-mapped", [["::ffff:127.0.0.1"]]),
        ("nat64.example", "loopback behind NAT64", [["64:ff9b::7f00:1"]]),
        ("zone.example", "a link of this machine", [["fe80::1%1"]]),
        ("mixed.example", "an allowed address, then loopback", [["127.0.0.2", "127.0.0.1"]]),
        ("mixed2.example", "loopback, then an allowed address", [["127.0.0.1", "127.0.0.2"]]),
        ("mixed6.example", "an allowed address, then IPv6 loopback", [["127.0.0.2", "::1"]]),
        ("all.example", "the unspecified address", [["0.0.0.0"]]),
        ("rebind.example", "first an allowed address, asked again loopback", [["127.0.0.2"], ["127.0.0.1"]]),
        ("rebind6.example", "first an allowed address, asked again IPv6 loopback", [["127.0.0.2"], ["::1"]]),
        ("rebindmeta.example", "first an allowed address, asked again a metadata service", [["127.0.0.2"], ["169.254.169.254"]]),
    ];

    /// <summary>The DNS of the tests. Of names that it does not know it takes every spelling of an address for that address, as some resolvers do.</summary>
    public static Func<string, CancellationToken, Task<IPAddress[]>> Dns()
    {
        var asked = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        return (host, _) =>
        {
            lock (asked)
            {
                var bare = host.TrimEnd('.');
                if (bare.Equals("site.example", StringComparison.OrdinalIgnoreCase))
                    return Task.FromResult<IPAddress[]>([Canary.Site]);
                if (Array.Find(Names, name => name.Host.Equals(bare, StringComparison.OrdinalIgnoreCase)) is { Answers: { } answers })
                {
                    var times = asked[bare] = asked.GetValueOrDefault(bare) + 1;
                    return Task.FromResult(Array.ConvertAll(answers[Math.Min(times, answers.Length) - 1], IPAddress.Parse));
                }

                return Task.FromResult<IPAddress[]>([IPAddress.TryParse(bare, out var address) ? address : IPAddress.Loopback]);
            }
        };
    }
}
