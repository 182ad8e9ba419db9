using System.Buffers.Binary;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>The fixed part of a refused line's row, as one BLOB for the same reasons as <see cref="PackedRow"/>, and with the content id where that has it.</summary>
/// <param name="Flaw">Why a malformed line has no canonical form.</param>
/// <param name="RefusedAt">Unix time in milliseconds.</param>
/// <param name="Source">The row of <c>sources</c>.</param>
/// <param name="SourceOffset">In bytes from the start of the source's file.</param>
/// <param name="Ruleset">The version of the canonical rules that the content id is by.</param>
/// <param name="Depth">Links away from the lines of the input; null where nobody has written it down.</param>
internal readonly record struct PackedRefusal(UInt128 ContentId, Reason Reason, CanonicalizationError Flaw, long RefusedAt, int Source, long SourceOffset, byte Ruleset, byte? Depth = null)
{
    public const int Size = SizeWithoutDepth + 1;

    /// <summary>Earlier rows end with the version of the rules.</summary>
    public const int SizeWithoutDepth = RulesetStart + 1;

    /// <summary>Where the version of the rules stands.</summary>
    public const int RulesetStart = 16 + 2 + 1 + 8 + 4 + 8;

    private const byte UnknownDepth = byte.MaxValue;

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt128BigEndian(into, ContentId);
        BinaryPrimitives.WriteUInt16BigEndian(into[16..], Reason.Code);
        into[18] = (byte)Flaw;
        BinaryPrimitives.WriteInt64BigEndian(into[19..], RefusedAt);
        BinaryPrimitives.WriteInt32BigEndian(into[27..], Source);
        BinaryPrimitives.WriteInt64BigEndian(into[31..], SourceOffset);
        into[RulesetStart] = Ruleset;
        into[RulesetStart + 1] = Depth ?? UnknownDepth;
    }

    public static PackedRefusal Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt128BigEndian(from),
        new Reason(BinaryPrimitives.ReadUInt16BigEndian(from[16..])),
        (CanonicalizationError)from[18],
        BinaryPrimitives.ReadInt64BigEndian(from[19..]),
        BinaryPrimitives.ReadInt32BigEndian(from[27..]),
        BinaryPrimitives.ReadInt64BigEndian(from[31..]),
        from[RulesetStart],
        from.Length > SizeWithoutDepth && from[SizeWithoutDepth] != UnknownDepth ? from[SizeWithoutDepth] : null);
}
