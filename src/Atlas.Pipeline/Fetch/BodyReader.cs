using System.Buffers;
using System.IO.Compression;

namespace Atlas.Pipeline.Fetch;

/// <summary>Reads a body whole into a pooled buffer, undoing at most one encoding, and stops at the first cap that is reached.</summary>
internal sealed class BodyReader(TimeSpan idle, int minRate, TimeProvider time, ArrayPool<byte> pool)
{
    private const int UsualBuffer = 16 * 1024;
    private const int MostTrusted = 256 * 1024;
    private const int BombFrom = 1024 * 1024;
    private const int BombRatio = 100;

    /// <summary>The body; its buffer is rented from the pool and belongs to the caller.</summary>
    /// <param name="content">The answer's content, not read yet.</param>
    /// <param name="limit">Bytes, on the wire and decoded.</param>
    /// <param name="truncate">Whether a longer body is cut at the limit; else it fails as too large.</param>
    public async Task<(byte[] Buffer, int Length, long WireBytes)> ReadAsync(HttpContent content, int limit, bool truncate, CancellationToken cancel)
    {
        if (!truncate && content.Headers.ContentLength > limit)
            throw TooLarge(limit);

        await using var arriving = await content.ReadAsStreamAsync(cancel);
        await using var wire = new WireStream(arriving, idle, minRate, time, cancel);
        await using var decoded = Decode(wire, content);
        var buffer = pool.Rent(Math.Min(FirstLength(content, isPlain: decoded == wire), limit + 1));
        var length = 0;
        try
        {
            // One byte past the limit tells a body that fits from one that does not.
            while (length <= limit)
            {
                if (length == buffer.Length)
                    buffer = Grow(buffer, length);
                var into = buffer.AsMemory(length, Math.Min(buffer.Length, limit + 1) - length);
                var read = await (decoded == wire ? wire.ReadAsync(into, cancel) : DecodeSomeAsync(decoded, into, cancel));
                if (read == 0)
                    break;
                length += read;
                if (length > BombFrom && length > BombRatio * wire.Count)
                    throw new FetchFailedException(Reason.DecompressionBomb, $"{wire.Count} bytes on the wire became more than {length}.");
                if (wire.Count > limit && !truncate)
                    throw TooLarge(limit);
            }

            if (length > limit && !truncate)
                throw TooLarge(limit);
            return (buffer, Math.Min(length, limit), wire.Count);
        }
        catch
        {
            pool.Return(buffer);
            throw;
        }
    }

    /// <summary>What the body needs if its length is announced, and one byte more to see its end. What a host announces is believed up to a point: it costs memory.</summary>
    private static int FirstLength(HttpContent content, bool isPlain) =>
        isPlain && content.Headers.ContentLength is { } announced ? (int)Math.Min(announced, MostTrusted) + 1 : UsualBuffer;

    private static async ValueTask<int> DecodeSomeAsync(Stream decoded, Memory<byte> into, CancellationToken cancel)
    {
        try
        {
            return await decoded.ReadAsync(into, cancel);
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException)
        {
            throw new FetchFailedException(Reason.BadEncoding, "The body is not encoded as its header says.", error);
        }
    }

    private static Stream Decode(WireStream wire, HttpContent content)
    {
        if (!content.Headers.NonValidated.TryGetValues("Content-Encoding", out var values))
            return wire;
        var encoding = string.Join(",", values).Trim();
        return encoding.ToLowerInvariant() switch
        {
            "" or "identity" => wire,
            "gzip" or "x-gzip" => new GZipStream(wire, CompressionMode.Decompress),
            "deflate" => new ZLibStream(wire, CompressionMode.Decompress),
            "br" => new BrotliStream(wire, CompressionMode.Decompress),
            _ => throw new FetchFailedException(Reason.BadEncoding, "The body has more than one encoding, or one that was not asked for."),
        };
    }

    private byte[] Grow(byte[] buffer, int length)
    {
        var larger = pool.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        pool.Return(buffer);
        return larger;
    }

    private static FetchFailedException TooLarge(int limit) => new(Reason.TooLarge, $"The body is longer than {limit} bytes.");
}
