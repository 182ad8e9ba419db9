using System.Net;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchTlsTests
{
    private const string Host = "site.example";

    /// <summary>Nobody vouches for any of these certificates; the last two are wrong in another way as well.</summary>
    [Theory]
    [InlineData(Host, -1, 1)]
    [InlineData(Host, -2, -1)]
    [InlineData("other.example", -1, 1)]
    public async Task A_certificate_that_does_not_hold_is_a_tls_failure_and_nothing_is_sent(string certified, int fromDays, int untilDays)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var server = new TlsServer(certified, now.AddDays(fromDays), now.AddDays(untilDays));

        var verdict = await FetchAsync(server.Port);

        Assert.Equal(Reason.TlsFailed, verdict.Reason);
        await server.Served;
        Assert.Equal(0, server.BytesRead);
    }

    [Fact]
    public async Task A_host_that_does_not_speak_tls_is_a_tls_failure()
    {
        // It answers before it is asked: a handshake has no end that it could wait for.
        await using var server = new TinyServer(TinyServer.Ok("plain"));

        Assert.Equal(Reason.TlsFailed, (await FetchAsync(server.Port)).Reason);
    }

    private static async Task<Verdict> FetchAsync(int port)
    {
        using var stage = new FetchStage(FetchBed.Options(port), new Seams(), resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        return await stage.ProcessAsync(FetchBed.Item($"https://{Host}:{port}/"), TestContext.Current.CancellationToken);
    }
}
