using System.Net;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class AddressGuardTests
{
    private static readonly AddressGuard Guard = new([], [80, 443]);

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
    public void An_address_that_is_not_public_is_refused(string address) =>
        Assert.Equal(Reason.AddressBlocked, Guard.RefusalOf(IPAddress.Parse(address), 80));

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
    public void A_public_address_may_be_dialled(string address) =>
        Assert.Equal(Reason.None, Guard.RefusalOf(IPAddress.Parse(address), 443));

    [Fact]
    public void A_port_outside_the_list_is_refused_in_an_allowed_network_too()
    {
        var guard = new AddressGuard([IPNetwork.Parse("127.0.0.0/8")], [8080]);

        Assert.Equal(Reason.None, guard.RefusalOf(IPAddress.Loopback, 8080));
        Assert.Equal(Reason.PortBlocked, guard.RefusalOf(IPAddress.Loopback, 80));
    }

    [Fact]
    public void An_allowed_network_opens_nothing_beside_it()
    {
        var guard = new AddressGuard([IPNetwork.Parse("10.0.0.0/24")], [80]);

        Assert.Equal(Reason.None, guard.RefusalOf(IPAddress.Parse("::ffff:10.0.0.9"), 80));
        Assert.Equal(Reason.AddressBlocked, guard.RefusalOf(IPAddress.Parse("10.0.1.9"), 80));
    }
}
