using System.Buffers.Binary;

namespace Atlas.Pipeline.Ledger;

/// <summary>The fixed part of a queue row, as one BLOB, because every bound column costs on the way in. Big-endian, so that <c>hex()</c> reads it in SQL.</summary>
/// <param name="CreatedAt">Unix time in milliseconds.</param>
/// <param name="Source">The row of <c>sources</c>.</param>
/// <param name="SourceOffset">In bytes from the start of the source's file.</param>
/// <param name="Depth">Links away from the lines of the input.</param>
/// <param name="Ruleset">The version of the canonical rules that the content id is by.</param>
internal readonly record struct PackedRow(UInt128 ContentId, ProcessingStrategy Strategy, long CreatedAt, int Source, long SourceOffset, byte Depth, byte Ruleset)
{
    public const int Size = 16 + 1 + 8 + 4 + 8 + 1 + 1;

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt128BigEndian(into, ContentId);
        into[16] = (byte)Strategy;
        BinaryPrimitives.WriteInt64BigEndian(into[17..], CreatedAt);
        BinaryPrimitives.WriteInt32BigEndian(into[25..], Source);
        BinaryPrimitives.WriteInt64BigEndian(into[29..], SourceOffset);
        into[37] = Depth;
        into[38] = Ruleset;
    }

    public static PackedRow Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt128BigEndian(from),
        (ProcessingStrategy)from[16],
        BinaryPrimitives.ReadInt64BigEndian(from[17..]),
        BinaryPrimitives.ReadInt32BigEndian(from[25..]),
        BinaryPrimitives.ReadInt64BigEndian(from[29..]),
        from[37],
        from[38]);
}
