using System.Buffers;

namespace Atlas.Pipeline;

/// <summary>One answer, read whole: its body in a pooled buffer and what is worth keeping about it.</summary>
internal sealed class FetchedDocument : IDisposable
{
    private byte[]? _buffer;
    private ArrayPool<byte> _pool = ArrayPool<byte>.Shared;

    /// <summary>The URL that answered.</summary>
    public required string FinalUrl { get; init; }

    /// <summary>The HTTP status code.</summary>
    public required int Status { get; init; }

    /// <summary>The Content-Type header as sent, or empty.</summary>
    public string ContentType { get; init; } = "";

    /// <summary>The X-Robots-Tag headers as sent, one a line, or empty.</summary>
    public string RobotsTag { get; init; } = "";

    public string? ETag { get; init; }

    public DateTimeOffset? LastModified { get; init; }

    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>When the body's last byte had come, as a timestamp of the run's clock.</summary>
    public long ReadAt { get; init; }

    /// <summary>From sending the request to the body's last byte.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Bytes on the wire, before decoding.</summary>
    public long WireBytes { get; init; }

    /// <summary>What was said around the body, as an <see cref="HttpExchange"/> is stored; empty if nobody took it down.</summary>
    public ReadOnlyMemory<byte> Exchange { get; init; }

    /// <summary>The decoded body.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(0, BodyLength);

    public int BodyLength { get; private set; }

    /// <summary>The decoded body as a stream; of no use once the body is let go.</summary>
    public Stream OpenBody() => new MemoryStream(_buffer ?? [], 0, BodyLength, writable: false);

    /// <summary>Hands over a rented buffer; it is given back by <see cref="ReleaseBody"/> or <see cref="Dispose"/>.</summary>
    /// <param name="rented">Nobody else's from now on.</param>
    /// <param name="length">Bytes of it that are the body.</param>
    /// <param name="pool">Where it was rented; the shared pool unless given.</param>
    public void TakeBody(byte[] rented, int length, ArrayPool<byte>? pool = null)
    {
        _buffer = rented;
        _pool = pool ?? ArrayPool<byte>.Shared;
        BodyLength = length;
    }

    /// <summary>Gives the buffer back before the rest is done with; the body is empty from then on.</summary>
    public void ReleaseBody()
    {
        if (_buffer is { } buffer)
            _pool.Return(buffer);
        _buffer = null;
        BodyLength = 0;
    }

    public void Dispose() => ReleaseBody();
}
