using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>A loopback server that offers one certificate to one client, and notes whether the client took it.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    /// <param name="host">Whom the certificate is for.</param>
    /// <param name="from">When it begins to hold.</param>
    /// <param name="until">When it ends.</param>
    public TlsServer(string host, DateTimeOffset from, DateTimeOffset until)
    {
        _certificate = Certify(host, from, until);
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

    private static X509Certificate2 Certify(string host, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(from, until);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private async Task ServeAsync()
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            BytesRead = await tls.ReadAsync(new byte[4096], _stop.Token);
        }
        catch (Exception error) when (error is IOException or AuthenticationException or OperationCanceledException)
        {
            // The client would not have it, which is what the tests are about.
        }
    }
}
