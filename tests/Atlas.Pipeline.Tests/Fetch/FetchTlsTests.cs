using System.Net;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchTlsTests
{
    private const string Host = "site.example";

    /// <summary>Nobody vouches for any of these certificates; the last two are wrong in another way as well.</summary>
    [Theory]
    [InlineData(Host, -1, 1, "UntrustedRoot")]
    [InlineData(Host, -2, -1, "NotTimeValid")]
    [InlineData("other.example", -1, 1, "it is for another host")]
    public async Task A_certificate_that_does_not_hold_is_a_tls_failure_that_names_host_and_fault_and_nothing_is_sent(string certified, int fromDays, int untilDays, string fault)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var server = new TlsServer(Certificates.SelfSigned(certified, now.AddDays(fromDays), now.AddDays(untilDays)));

        var verdict = await FetchAsync(server.Port);

        Assert.Equal(Reason.TlsFailed, verdict.Reason);
        Assert.StartsWith($"The certificate of {Host} (CN={certified}) does not hold: ", verdict.Detail, StringComparison.Ordinal);
        Assert.Contains(fault, verdict.Detail, StringComparison.Ordinal);
        await server.Served;
        Assert.Equal(0, server.BytesRead);
    }

    /// <summary>Without the policy the issuer is asked for at once: seen with <c>DisableCertificateDownloads</c> taken out.</summary>
    [Fact]
    public async Task What_a_certificate_names_as_its_issuers_place_is_not_asked()
    {
        await using var canary = new TinyServer(_ => TinyServer.Head("404 Not Found"));
        await using var server = new TlsServer(Certificates.NamingPlaces(Host, canary.Url(), TimeProvider.System.GetUtcNow()));

        var verdict = await FetchAsync(server.Port);

        Assert.Equal((Reason.TlsFailed, 0), (verdict.Reason, canary.Connections));
        Assert.Contains("PartialChain", verdict.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_does_not_speak_tls_is_a_tls_failure()
    {
        // It answers before it is asked: a handshake has no end that it could wait for.
        await using var server = new TinyServer(TinyServer.Ok("plain"));

        var verdict = await FetchAsync(server.Port);

        Assert.Equal(Reason.TlsFailed, verdict.Reason);
        Assert.StartsWith($"{Host}:{server.Port}: ", verdict.Detail, StringComparison.Ordinal);
    }

    private static async Task<Verdict> FetchAsync(int port)
    {
        using var stage = new FetchStage(FetchBed.Options(port), new Seams(), resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        return await stage.ProcessAsync(FetchBed.Item($"https://{Host}:{port}/"), TestContext.Current.CancellationToken);
    }
}
