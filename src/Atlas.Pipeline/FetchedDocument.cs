using System.Buffers;

namespace Atlas.Pipeline;

/// <summary>One answer, read whole: its body in a pooled buffer and what is worth keeping about it.</summary>
internal sealed class FetchedDocument : IDisposable
{
    private byte[]? _buffer;

    /// <summary>The URL that answered, after redirects.</summary>
    public required string FinalUrl { get; init; }

    /// <summary>The HTTP status code.</summary>
    public required int Status { get; init; }

    /// <summary>The Content-Type header as sent, or empty.</summary>
    public string ContentType { get; init; } = "";

    public string? ETag { get; init; }

    public DateTimeOffset? LastModified { get; init; }

    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>From sending the request to the body's last byte.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Bytes on the wire, before decoding.</summary>
    public long WireBytes { get; init; }

    /// <summary>The decoded body.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(0, BodyLength);

    public int BodyLength { get; private set; }

    /// <summary>Hands over a buffer rented from <see cref="ArrayPool{T}.Shared"/>; it is given back by <see cref="Dispose"/>.</summary>
    public void TakeBody(byte[] rented, int length)
    {
        _buffer = rented;
        BodyLength = length;
    }

    /// <summary>Gives the buffer back before the rest is done with; the body is empty from then on.</summary>
    public void ReleaseBody()
    {
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
        BodyLength = 0;
    }
    public void Dispose() => ReleaseBody();
}
