using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Fetch;

/// <summary>Knows which address answered a request, which the handler does not tell: for HTTP/1.1 from the connection that the request was written to, for HTTP/2 from the connections that are open.</summary>
/// <remarks>The lock covers <c>_open</c>. An address that is not certain is not given.</remarks>
internal sealed class Peers
{
    private static readonly HttpRequestOptionsKey<Asked> Key = new("atlas.peer");

    /// <summary>Flows from who sends to the write on the connection; over HTTP/2 that is written by a loop of its own, which it does not reach.</summary>
    private static readonly AsyncLocal<Asked?> Sending = new();

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Host, int Port), List<IPAddress>> _open = [];

    /// <summary>To be called where the request is sent from then on, by the same method.</summary>
    public static void Watch(HttpRequestMessage request)
    {
        var asked = new Asked();
        request.Options.Set(Key, asked);
        Sending.Value = asked;
    }

    /// <summary>Who answered, or null.</summary>
    public IPAddress? Of(HttpResponseMessage response)
    {
        if (response.RequestMessage is not { RequestUri: { } url } request)
            return null;
        if (response.Version.Major < 2)
            return request.Options.TryGetValue(Key, out var asked) ? asked.Peer : null;
        lock (_gate)
        {
            return _open.TryGetValue((url.IdnHost.Trim('[', ']'), url.Port), out var open) && open.TrueForAll(open[0].Equals) ? open[0] : null;
        }
    }

    /// <summary>The stream of a connection that was just made.</summary>
    /// <param name="stream">Of nobody else from now on.</param>
    /// <param name="target">Whose connection it is.</param>
    /// <returns>The stream to use in its place.</returns>
    public Stream Connected(Stream stream, DnsEndPoint target)
    {
        if (stream is not NetworkStream { Socket: var socket } || AddressOf(socket) is not { } address)
            return stream;
        var key = (target.Host.Trim('[', ']'), target.Port);
        lock (_gate)
            (CollectionsMarshal.GetValueRefOrAddDefault(_open, key, out _) ??= []).Add(address);
        return new Connection(this, stream, key, address);
    }

    /// <summary>Null if the connection is gone already.</summary>
    private static IPAddress? AddressOf(Socket socket)
    {
        try
        {
            return (socket.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private void Closed((string Host, int Port) key, IPAddress address)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(key, out var open) && open.Remove(address) && open.Count == 0)
                _open.Remove(key);
        }
    }

    private sealed class Asked
    {
        public volatile IPAddress? Peer;
    }

    /// <summary>The connection's own stream, which tells the request that is written to it and its end.</summary>
    private sealed class Connection(Peers peers, Stream inner, (string Host, int Port) key, IPAddress address) : Stream
    {
        private int _isClosed;

        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => false;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.ReadAsync(buffer, offset, count, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Sending.Value is { } asked)
                asked.Peer = address;
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && Interlocked.Exchange(ref _isClosed, 1) == 0)
            {
                peers.Closed(key, address);
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
