using System.Buffers.Binary;
using System.IO.Hashing;

namespace Atlas.Pipeline.Persist;

/// <summary>How a pack lies on the disk: a segment cut into blocks of <see cref="BlockBytes"/>, each compressed by itself, so that a body is found by its place in the segment and costs one block or a few.</summary>
/// <remarks>
/// The mark, the frames one after the other, an entry for each, the tail. Numbers are little-endian.
/// An entry is 4 bytes of the frame's length and 8 of XXH3 over the frame as it is stored; a frame as long as its block is that block as it was.
/// The tail is 8 bytes of the segment's length, 4 of the block's, 8 of XXH3 over the entries and these twelve bytes, and the mark again.
/// </remarks>
internal static class PackFormat
{
    /// <summary>Bytes of a segment that are compressed together, as pages of one site resemble one another; read in half a millisecond (README).</summary>
    public const int BlockBytes = 1 << 18;

    public const int EntryBytes = sizeof(uint) + sizeof(ulong);

    public const int TailBytes = sizeof(long) + sizeof(int) + sizeof(ulong) + MarkBytes;

    public const int MarkBytes = 8;

    private const int LengthsBytes = sizeof(long) + sizeof(int);

    public static ReadOnlySpan<byte> Mark => "ATLPACK1"u8;

    /// <summary>Blocks that a segment of so many bytes is cut into.</summary>
    public static long BlocksOf(long segmentBytes) => (segmentBytes / BlockBytes) + (segmentBytes % BlockBytes == 0 ? 0 : 1);

    public static void WriteEntry(Span<byte> entry, ReadOnlySpan<byte> frame)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)frame.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[sizeof(uint)..], XxHash3.HashToUInt64(frame));
    }

    public static (uint Length, ulong Hash) ReadEntry(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[sizeof(uint)..]));

    public static void WriteTail(Span<byte> tail, ReadOnlySpan<byte> entries, long segmentBytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(tail, segmentBytes);
        BinaryPrimitives.WriteInt32LittleEndian(tail[sizeof(long)..], BlockBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(tail[LengthsBytes..], HashOf(entries, tail[..LengthsBytes]));
        Mark.CopyTo(tail[^MarkBytes..]);
    }

    /// <summary>Bytes of the segment, or null if this is no tail of these sizes.</summary>
    public static long? ReadTail(ReadOnlySpan<byte> tail) =>
        tail[^MarkBytes..].SequenceEqual(Mark) && BinaryPrimitives.ReadInt32LittleEndian(tail[sizeof(long)..]) == BlockBytes && BinaryPrimitives.ReadInt64LittleEndian(tail) is >= 0 and var length ? length : null;

    /// <summary>Whether entries and tail are as they were written.</summary>
    public static bool Fit(ReadOnlySpan<byte> entries, ReadOnlySpan<byte> tail) =>
        BinaryPrimitives.ReadUInt64LittleEndian(tail[LengthsBytes..]) == HashOf(entries, tail[..LengthsBytes]);

    private static ulong HashOf(ReadOnlySpan<byte> entries, ReadOnlySpan<byte> lengths)
    {
        var hash = new XxHash3();
        hash.Append(entries);
        hash.Append(lengths);
        return hash.GetCurrentHashAsUInt64();
    }
}
