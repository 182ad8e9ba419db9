using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Atlas.Urls;

/// <summary>The identity of one resource: the first 128 bits of SHA-256 (FIPS 180-4) over its canonical form.</summary>
/// <remarks>Printed as 32 lower-case hexadecimal digits, most significant first, so that any language computes the same text.</remarks>
public static class ContentId
{
    /// <summary>The id of one canonical form.</summary>
    /// <param name="canonical">The canonical form, in UTF-8 bytes.</param>
    [SkipLocalsInit]
    public static UInt128 Of(ReadOnlySpan<byte> canonical)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (DirectSha256.IsSupported && canonical.Length <= DirectSha256.LongestInput)
            DirectSha256.Hash(canonical, digest);
        else
            SHA256.HashData(canonical, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    /// <summary>The id as people and other programs write it: 32 lower-case hexadecimal digits.</summary>
    public static string ToHex(UInt128 id) => id.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
