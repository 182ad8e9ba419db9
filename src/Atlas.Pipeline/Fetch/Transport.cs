using System.Net;
using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>The HTTP handler, with all that acts on its own switched off: no proxy, cookies, credentials, redirects, decoding or downloads of certificates.</summary>
internal static class Transport
{
    /// <param name="options">Whom to dial, and the deadline for connecting, of resolving, all addresses and TLS together.</param>
    /// <param name="seams">The clock, and where the program itself listens.</param>
    /// <param name="resolver">Stays its owner's.</param>
    /// <param name="machine">Knows whether a failure is the machine's own.</param>
    /// <param name="peers">Are told of each connection.</param>
    public static SocketsHttpHandler Create(FetchOptions options, Seams seams, Resolver resolver, OwnMachine machine, Peers peers)
    {
        var handles = new HandleReserve(HandleReserve.Look, seams.Time);
        var connector = new GuardedConnector(new AddressGuard(options.AllowNetworks, options.AllowPorts, seams.OwnEndpoints), resolver, new Dialler(machine, seams.Time, DialAsync));
        return new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancel) => peers.Connected(await connector.ConnectAsync(context.DnsEndPoint, cancel), context.DnsEndPoint),
            SslOptions = TlsPolicy.Create(),
            UseProxy = false,
            UseCookies = false,
            Credentials = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 64 * 1024,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            ConnectTimeout = options.ConnectTimeout,

            // HTTP/2: a connection that has died without a word is found while requests wait on it, and others of its host with them. Idle ones are left alone, as hosts take pings on them amiss.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = handles.IdleTimeout(options.Concurrency),
            ResponseHeaderEncodingSelector = (name, _) => name.Equals("Location", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : Encoding.Latin1,
        };

        Task<Stream> DialAsync(IPEndPoint target, CancellationToken cancel)
        {
            handles.Take();
            return Dialler.DialAsync(target, cancel);
        }
    }
}
