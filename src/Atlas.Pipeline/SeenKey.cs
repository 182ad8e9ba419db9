namespace Atlas.Pipeline;

/// <summary>Under which key the dedup index knows a row.</summary>
/// <remarks>A refused line has a key apart from that of the URL it spells: when a rule changes and the URL becomes welcome, having been refused before must not make it a duplicate.</remarks>
internal static class SeenKey
{
    private static readonly UInt128 RefusedMark = new(0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03);

    public static UInt128 OfAdmitted(UInt128 contentId) => contentId;

    public static UInt128 OfRefused(UInt128 contentId) => contentId ^ RefusedMark;
}
