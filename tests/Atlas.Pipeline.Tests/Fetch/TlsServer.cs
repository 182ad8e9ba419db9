using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>A loopback server that offers one certificate to one client, and notes whether the client took it.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    /// <param name="certificate">With its key; becomes the server's own.</param>
    public TlsServer(X509Certificate2 certificate)
    {
        _certificate = certificate;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _serving = ServeAsync();
    }

    public int Port { get; }

    /// <summary>Bytes that a client sent after the handshake: none, unless it trusted us.</summary>
    public int BytesRead { get; private set; }

    /// <summary>Completes when the client has gone.</summary>
    public Task Served => _serving;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            await using var tls = new SslStream(client.GetStream());

            // Offline: the server itself must not look for the issuer either.
            var context = SslStreamCertificateContext.Create(_certificate, null, offline: true);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context }, _stop.Token);
            BytesRead = await tls.ReadAsync(new byte[4096], _stop.Token);
        }
        catch (Exception error) when (error is IOException or AuthenticationException or OperationCanceledException)
        {
            // The client would not have it, which is what the tests are about.
        }
    }
}
