using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;

namespace Atlas.Pipeline;

/// <summary>What was said around a body, as it is stored beside it: the header lines asked with and answered with, and who answered.</summary>
/// <remarks>
/// Stored: format, flags, HTTP version, the address's length and bytes, two texts each behind its length (4 bytes, little-endian), and a CRC-32 of all of that.
/// The texts are lines that end in CR LF; nothing else in them is one of these two bytes.
/// </remarks>
internal sealed record HttpExchange
{
    /// <summary>Bytes that the two texts may have together; lines beyond are left out and <see cref="IsCut"/> says so.</summary>
    public const int MostBytes = 64 * 1024;

    private const byte Format = 1;
    private const int HeadBytes = 4;
    private const int TextLengths = 8;

    /// <summary>The version of HTTP that was spoken: 1.0, 1.1, 2.0 or 3.0.</summary>
    public Version Version { get; init; } = HttpVersion.Version11;

    /// <summary>Who answered; null where that is not known for certain.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>The request's header lines without <c>Host</c>. Method and target are GET and the URL that answered.</summary>
    public ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The status as <c>200 OK</c>, a line, and the answer's header lines: those about the message, then those about its content, each in the order of their coming.</summary>
    public ReadOnlyMemory<byte> Response { get; init; }

    /// <summary>Header lines were left out.</summary>
    public bool IsCut { get; init; }

    public byte[] ToBytes()
    {
        Span<byte> address = stackalloc byte[16];
        var addressLength = 0;
        if (Peer is { } peer)
            _ = peer.TryWriteBytes(address, out addressLength);
        var bytes = new byte[HeadBytes + addressLength + TextLengths + Request.Length + Response.Length + sizeof(uint)];
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (Format, IsCut ? (byte)1 : (byte)0, (byte)((Version.Major * 10) + Version.Minor), (byte)addressLength);
        address[..addressLength].CopyTo(bytes.AsSpan(HeadBytes));
        var rest = WriteText(bytes.AsSpan(HeadBytes + addressLength), Request.Span);
        rest = WriteText(rest, Response.Span);
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32.HashToUInt32(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; null if it is damaged, or something else.</summary>
    public static HttpExchange? Parse(ReadOnlyMemory<byte> stored)
    {
        if (stored.Length < HeadBytes + TextLengths + sizeof(uint))
            return null;
        var bytes = stored[..^sizeof(uint)];
        var head = bytes.Span;
        if (Crc32.HashToUInt32(head) != BinaryPrimitives.ReadUInt32LittleEndian(stored.Span[^sizeof(uint)..]) || head[0] != Format || head[3] is not (0 or 4 or 16))
            return null;
        var addressLength = head[3];
        var rest = bytes[HeadBytes..];
        if (rest.Length < addressLength + TextLengths)
            return null;
        var address = addressLength == 0 ? null : new IPAddress(rest.Span[..addressLength]);
        rest = rest[addressLength..];
        if (!TryTakeText(ref rest, out var request) || !TryTakeText(ref rest, out var response) || rest.Length > 0)
            return null;
        return new HttpExchange
        {
            IsCut = (head[1] & 1) != 0,
            Version = new Version(head[2] / 10, head[2] % 10),
            Peer = address,
            Request = request,
            Response = response,
        };
    }

    private static Span<byte> WriteText(Span<byte> into, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into, text.Length);
        text.CopyTo(into[sizeof(int)..]);
        return into[(sizeof(int) + text.Length)..];
    }

    private static bool TryTakeText(ref ReadOnlyMemory<byte> from, out ReadOnlyMemory<byte> text)
    {
        text = default;
        if (from.Length < sizeof(int) || BinaryPrimitives.ReadInt32LittleEndian(from.Span) is var length && (length < 0 || length > from.Length - sizeof(int)))
            return false;
        text = from.Slice(sizeof(int), length);
        from = from[(sizeof(int) + length)..];
        return true;
    }
}
