using System.Net;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchGuardTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("localhost")]
    public async Task A_loopback_server_that_is_not_allowed_sees_no_connection(string host)
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("secret"));

        var verdict = await FetchBed.FetchAsync(FetchBed.Options(server.Port) with { AllowNetworks = [] }, $"http://{host}:{server.Port}/");

        Assert.Equal((Fate.DeadLetter, Reason.AddressBlocked), (verdict.Fate, verdict.Reason));
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_port_that_is_not_allowed_is_not_dialled()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("secret"));

        var verdict = await FetchBed.FetchAsync(FetchBed.Options(80), server.Url());

        Assert.Equal(Reason.PortBlocked, verdict.Reason);
        Assert.Contains("is not in allow_ports.", verdict.Detail, StringComparison.Ordinal);
        Assert.StartsWith("Port ", verdict.Detail, StringComparison.Ordinal);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task One_bad_address_refuses_the_host()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("x"));
        using var stage = new FetchStage(FetchBed.Options(server.Port), new Seams(), resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse("10.0.0.1")]));

        var verdict = await stage.ProcessAsync(FetchBed.Item($"http://mixed.example:{server.Port}/"), CancellationToken.None);

        Assert.Equal(Reason.AddressBlocked, verdict.Reason);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Only_the_checked_address_is_dialled_though_the_name_changes_its_answer()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("checked"));
        var answers = 0;
        using var stage = new FetchStage(
            FetchBed.Options(server.Port),
            new Seams(),
            resolve: (_, _) => Task.FromResult<IPAddress[]>([++answers == 1 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")]));
        var item = FetchBed.Item($"http://rebind.example:{server.Port}/");

        var first = await stage.ProcessAsync(item, CancellationToken.None);

        Assert.Equal((Fate.Forward, 1), (first.Fate, answers));
        item.Document!.Dispose();
        var second = await stage.ProcessAsync(item, CancellationToken.None);
        Assert.Equal((Reason.AddressBlocked, 1), (second.Reason, server.Connections));
    }

    [Fact]
    public async Task What_a_redirect_leads_to_is_not_asked_where_its_address_is_not_allowed()
    {
        await using var server = new TinyServer(_ => TinyServer.Redirect("http://169.254.169.254/latest/meta-data"));
        using var stage = new FetchStage(FetchBed.Options(80, server.Port), new Seams());
        var item = (await stage.ProcessAsync(FetchBed.Item(server.Url("/")), TestContext.Current.CancellationToken)).Item;

        var verdict = await stage.ProcessAsync(item.AskedAt(item.RedirectsTo!.AbsoluteUri, "169.254.169.254"), TestContext.Current.CancellationToken);

        Assert.Equal(Reason.AddressBlocked, verdict.Reason);
    }

    /// <summary>The handler's own switch is looked at, as the runtime reads the environment once per process and other tests may have made it do so.</summary>
    [Fact]
    public void Proxies_that_the_environment_names_are_not_asked()
    {
        using var resolver = new Resolver((_, _) => Task.FromResult<IPAddress[]>([]), FetchBed.Machine, TimeProvider.System);
        using var transport = Transport.Create(FetchBed.Options(80), new Seams(), resolver, FetchBed.Machine, new Peers());

        Assert.False(transport.UseProxy);
    }
}
