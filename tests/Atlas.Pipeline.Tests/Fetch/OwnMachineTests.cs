using System.Net;
using System.Net.Sockets;
using Atlas.Pipeline.Fetch;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class OwnMachineTests
{
    private static readonly IPAddress Four = IPAddress.Parse("8.8.8.8"), Six = IPAddress.Parse("2600::1");

    private readonly FakeTimeProvider _time = new();
    private readonly HashSet<AddressFamily> _routes = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];
    private bool _dnsAnswers = true;

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, "no_handles")]
    [InlineData(SocketError.NoBufferSpaceAvailable, "out_of_memory")]
    [InlineData(SocketError.ConnectionRefused, "none")]
    [InlineData(SocketError.HostUnreachable, "none")]
    public void A_lack_of_handles_or_memory_is_the_machines_own(SocketError error, string lack) => Assert.Equal(lack, Machine().LackBehind([Failed(Four, error)]).Name);

    [Fact]
    public void A_network_that_goes_down_is_the_machines_own()
    {
        var machine = Machine();
        machine.Reached();
        _routes.Clear();

        Assert.Equal(Reason.NetworkDown, machine.LackBehind([Failed(Six, SocketError.NetworkUnreachable), Failed(Four, SocketError.NetworkUnreachable)]));
    }

    [Fact]
    public void An_address_of_a_family_that_the_machine_does_not_have_is_the_hosts()
    {
        _routes.Remove(AddressFamily.InterNetworkV6);

        Assert.Equal(Reason.None, Machine().LackBehind([Failed(Six, SocketError.NetworkUnreachable)]));
    }

    [Fact]
    public void In_a_closed_network_an_address_outside_is_the_hosts_once_anything_has_been_reached()
    {
        _routes.Clear();
        var machine = Machine();
        Assert.Equal(Reason.NetworkDown, machine.LackBehind([Failed(Four, SocketError.NetworkUnreachable)]));

        machine.Reached();

        Assert.Equal(Reason.None, machine.LackBehind([Failed(Four, SocketError.NetworkUnreachable)]));
    }

    [Fact]
    public async Task Names_that_fail_while_no_DNS_server_answers_are_not_the_hosts()
    {
        var machine = Machine();
        machine.Begin();
        machine.Reached();
        Assert.Equal(Reason.None, await machine.LackBehindAsync(new SocketException((int)SocketError.TryAgain)));

        _dnsAnswers = false;

        Assert.Equal(Reason.NetworkDown, await machine.LackBehindAsync(new SocketException((int)SocketError.TryAgain)));
        Assert.Equal(Reason.None, await machine.LackBehindAsync(new SocketException((int)SocketError.HostNotFound)));
    }

    [Fact]
    public async Task Where_there_never_was_a_DNS_server_names_fail_for_good_once_anything_has_been_reached()
    {
        _dnsAnswers = false;
        var machine = Machine();
        machine.Begin();
        machine.Reached();

        Assert.Equal(Reason.None, await machine.LackBehindAsync(new SocketException((int)SocketError.TryAgain)));
    }

    [Fact]
    public async Task No_lookup_is_believed_while_handles_are_short()
    {
        var machine = Machine();
        machine.LackBehind([Failed(Four, SocketError.TooManyOpenSockets)]);

        Assert.Equal(Reason.NoHandles, await machine.LackBehindAsync(new SocketException((int)SocketError.HostNotFound)));
        _time.Advance(OwnMachine.ShortageLasts);
        Assert.Equal(Reason.None, await machine.LackBehindAsync(new SocketException((int)SocketError.HostNotFound)));
    }

    [Fact]
    public async Task A_DNS_server_is_there_when_it_says_anything_at_all()
    {
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var there = (IPEndPoint)server.Client.LocalEndPoint!;
        using var closed = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var gone = (IPEndPoint)closed.Client.LocalEndPoint!;
        closed.Close();
        var answering = AnswerOnceAsync(server);

        Assert.True(await DnsServers.AnswerAsync([gone, there], TimeProvider.System));
        Assert.False(await DnsServers.AnswerAsync([gone], TimeProvider.System));
        await answering;
    }

    private static async Task AnswerOnceAsync(UdpClient server)
    {
        var question = await server.ReceiveAsync(TestContext.Current.CancellationToken);
        byte[] refused = [.. question.Buffer[..2], 0x81, 0x85, .. question.Buffer[4..]];
        await server.SendAsync(refused, question.RemoteEndPoint, TestContext.Current.CancellationToken);
    }

    private static (IPAddress Address, SocketException Error) Failed(IPAddress address, SocketError error) => (address, new SocketException((int)error));

    private OwnMachine Machine() => new(_time, address => _routes.Contains(address.AddressFamily), () => Task.FromResult(_dnsAnswers));
}
