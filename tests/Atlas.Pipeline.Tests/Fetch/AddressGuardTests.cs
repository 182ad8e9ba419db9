using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Atlas.Pipeline.Fetch;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class AddressGuardTests
{
    private static readonly AddressGuard Guard = Allowing();

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("168.63.129.16")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("::ffff:168.63.129.16")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::808:808")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2001:0:7f00:1::f7f7:f7f7")]
    [InlineData("2001:0:808:808::80ff:fffe")]
    [InlineData("2001:db8::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%3")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("192.88.99.1")]
    [InlineData("::8.8.8.8")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b:1:a00:0:100::")]
    [InlineData("100::1")]
    [InlineData("100:0:0:1::1")]
    [InlineData("2001:1::1")]
    [InlineData("2001:30::1")]
    [InlineData("2001:1ff:ffff::1")]
    [InlineData("2001:10::1")]
    [InlineData("2001:2::1")]
    [InlineData("2620:4f:9000::5efe:10.0.0.1")]
    [InlineData("2620:4f:9000::200:5efe:127.0.0.1")]
    [InlineData("3fff::1")]
    [InlineData("4000::1")]
    [InlineData("5f00::1")]
    [InlineData("fd20:ce::254")]
    [InlineData("2606:4700::1111%2")]
    [InlineData("64:ff9b::100.100.100.200")]
    [InlineData("2002:a83f:8110::1")]
    public void An_address_that_is_not_public_is_refused(string address) =>
        Assert.Equal(Reason.AddressBlocked, Guard.RefusalOf(IPAddress.Parse(address), 80).Reason);

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("168.63.129.17")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2002:808:808::1")]
    [InlineData("2001:0:808:808::f7f7:f7f7")]
    [InlineData("2001:200::1")]
    [InlineData("2620:4f:9000::5efe:8.8.8.8")]
    public void A_public_address_may_be_dialled(string address) =>
        Assert.Equal(default, Guard.RefusalOf(IPAddress.Parse(address), 443));

    [Fact]
    public void A_port_outside_the_list_is_refused_in_an_allowed_network_too()
    {
        var guard = new AddressGuard([IPNetwork.Parse("127.0.0.0/8")], [8080], new OwnEndpoints());

        Assert.Equal(default, guard.RefusalOf(IPAddress.Loopback, 8080));
        Assert.Equal(Reason.PortBlocked, guard.RefusalOf(IPAddress.Loopback, 80).Reason);
    }

    [Theory]
    [InlineData("10.0.0.0/24", "::ffff:10.0.0.9", true)]
    [InlineData("10.0.0.0/24", "64:ff9b::10.0.0.9", true)]
    [InlineData("10.0.0.0/24", "10.0.1.9", false)]
    [InlineData("::/0", "::ffff:127.0.0.1", false)]
    [InlineData("::/0", "2002:7f00:1::", false)]
    [InlineData("64:ff9b:1::/48", "64:ff9b:1::8.8.8.8", true)]
    [InlineData("64:ff9b:1::/48", "64:ff9b:1::10.0.0.1", false)]
    [InlineData("fd00::/8", "fd00::1", true)]
    [InlineData("::1/128", "::1", true)]
    [InlineData("::1/128", "::", false)]
    [InlineData("fe80::/10", "fe80::1%2", false)]
    public void An_allowed_network_opens_nothing_beside_it_and_nothing_that_is_wrapped(string network, string address, bool isAllowed) =>
        Assert.Equal(isAllowed, !Allowing(network).RefusalOf(IPAddress.Parse(address), 80).Refuses);

    [Theory]
    [InlineData("169.254.0.0/16", "169.254.169.254", false)]
    [InlineData("0.0.0.0/0", "169.254.169.254", false)]
    [InlineData("0.0.0.0/0", "168.63.129.16", false)]
    [InlineData("0.0.0.0/0", "::ffff:169.254.169.254", false)]
    [InlineData("100.64.0.0/10", "100.100.100.200", false)]
    [InlineData("fd00::/8", "fd00:ec2::254", false)]
    [InlineData("::/0", "2002:a9fe:a9fe::1", false)]
    [InlineData("169.254.169.254/32", "169.254.169.254", true)]
    [InlineData("169.254.169.254/32", "::ffff:169.254.169.254", true)]
    [InlineData("fd00:ec2::254/128", "fd00:ec2::254", true)]
    public void A_metadata_service_is_lifted_by_its_address_alone(string network, string address, bool isAllowed) =>
        Assert.Equal(isAllowed, !Allowing(network).RefusalOf(IPAddress.Parse(address), 80).Refuses);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("127.0.0.1", "2002:7f00:1::", true)]
    [InlineData("127.0.0.1", "0.0.0.0", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    [InlineData("0.0.0.0", "127.0.0.2", true)]
    [InlineData("::", "127.0.0.2", true)]
    [InlineData("::", "::1", true)]
    [InlineData("0.0.0.0", "8.8.8.8", false)]
    public void Where_the_program_listens_is_refused_whatever_is_allowed(string bound, string address, bool isRefused)
    {
        var own = new OwnEndpoints();
        own.Add(new IPEndPoint(IPAddress.Parse(bound), 80));
        var guard = new AddressGuard([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0"), IPNetwork.Parse("127.0.0.1/32")], [80, 81], own);

        Assert.Equal(isRefused, guard.RefusalOf(IPAddress.Parse(address), 80).Refuses);
        Assert.False(guard.RefusalOf(IPAddress.Parse(address), 81).Refuses);
    }

    [Fact]
    public void All_addresses_of_the_machine_are_where_a_program_listens_that_is_bound_to_all()
    {
        var own = new OwnEndpoints();
        own.Add(new IPEndPoint(IPAddress.Any, 80));
        var addresses = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address).ToList();

        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.True(own.Holds(address, 80)));
        own.Remove(new IPEndPoint(IPAddress.Any, 80));
        Assert.All(addresses, address => Assert.False(own.Holds(address, 80)));
    }

    [Fact]
    public void A_refusal_says_what_the_address_is()
    {
        Assert.Equal("is private, RFC 1918 (10.0.0.0/8)", Guard.RefusalOf(IPAddress.Parse("10.0.0.1"), 80).Detail);
        Assert.Equal("wraps 127.0.0.1, which is loopback, RFC 1122 (127.0.0.0/8)", Guard.RefusalOf(IPAddress.Parse("2002:7f00:1::"), 80).Detail);
    }

    /// <summary>Any address of a refused network, in every wrapping there is.</summary>
    [Property]
    public void What_is_refused_bare_is_refused_wrapped(byte which, uint noise)
    {
        var networks = new[] { "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32" };
        var network = IPNetwork.Parse(networks[which % networks.Length]);
        var start = BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes());
        var bits = start | (uint)((noise * 2_654_435_761UL) & ((1UL << (32 - network.PrefixLength)) - 1));
        var (bare, inverted) = (Address(bits), Address(~bits));
        var sixToFour = string.Create(CultureInfo.InvariantCulture, $"2002:{bits >> 16:x}:{bits & 0xffff:x}::1");

        Assert.All(
            new[] { $"{bare}", $"::{bare}", $"::ffff:{bare}", $"::ffff:0:{bare}", $"64:ff9b::{bare}", $"64:ff9b:1::{bare}", $"2600::5efe:{bare}", $"2600::200:5efe:{bare}", $"2001:0:808:808::{inverted}", sixToFour },
            text => Assert.True(Guard.RefusalOf(IPAddress.Parse(text), 80).Refuses));

        static IPAddress Address(uint bits)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, bits);
            return new IPAddress(bytes);
        }
    }

    private static AddressGuard Allowing(params string[] networks) => new([.. networks.Select(text => IPNetwork.Parse(text))], [80, 443], new OwnEndpoints());
}
