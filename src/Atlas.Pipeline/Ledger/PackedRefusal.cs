using System.Buffers.Binary;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>The fixed part of a refused line's row, as one BLOB for the same reasons as <see cref="PackedRow"/>, and with the content id where that has it.</summary>
/// <param name="Flaw">Why a malformed line has no canonical form.</param>
/// <param name="RefusedAt">Unix time in milliseconds.</param>
/// <param name="Source">The row of <c>sources</c>.</param>
/// <param name="SourceOffset">In bytes from the start of the source's file.</param>
/// <param name="Ruleset">The version of the canonical rules that the content id is by.</param>
internal readonly record struct PackedRefusal(UInt128 ContentId, Reason Reason, CanonicalizationError Flaw, long RefusedAt, int Source, long SourceOffset, byte Ruleset)
{
    public const int Size = 16 + 2 + 1 + 8 + 4 + 8 + 1;

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt128BigEndian(into, ContentId);
        BinaryPrimitives.WriteUInt16BigEndian(into[16..], Reason.Code);
        into[18] = (byte)Flaw;
        BinaryPrimitives.WriteInt64BigEndian(into[19..], RefusedAt);
        BinaryPrimitives.WriteInt32BigEndian(into[27..], Source);
        BinaryPrimitives.WriteInt64BigEndian(into[31..], SourceOffset);
        into[39] = Ruleset;
    }

    public static PackedRefusal Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt128BigEndian(from),
        new Reason(BinaryPrimitives.ReadUInt16BigEndian(from[16..])),
        (CanonicalizationError)from[18],
        BinaryPrimitives.ReadInt64BigEndian(from[19..]),
        BinaryPrimitives.ReadInt32BigEndian(from[27..]),
        BinaryPrimitives.ReadInt64BigEndian(from[31..]),
        from[39]);
}
