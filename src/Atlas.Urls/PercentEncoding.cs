using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>One spelling for the bytes of a URL part (RFC 3986 section 6.2.2): hexadecimal digits in upper case, unreserved characters bare, everything outside the URL set encoded.</summary>
internal static class PercentEncoding
{
    /// <summary>Plain bytes in a row after which it pays to look for the next other one a block at a time.</summary>
    private const int PlainRun = 8;

    /// <summary>The fragment's, where a backslash is one.</summary>
    public static readonly ByteSpellings InFragment = new("!$&'()*+,;=:@/?");

    /// <summary>The path's, where a backslash is a slash.</summary>
    public static readonly ByteSpellings InPath = new("!$&'()*+,;=:@/?", slashes: "\\");

    /// <summary>The query's, where the standard encodes the apostrophe (WHATWG URL, "special-query percent-encode set").</summary>
    public static readonly ByteSpellings InQuery = new("!$&()*+,;=:@/?");

    /// <summary>Those of user names and passwords ("userinfo percent-encode set").</summary>
    public static readonly ByteSpellings InUserInfo = new("!$&'()*+,");

    private static readonly int[] Digits = [.. Enumerable.Range(0, 256).Select(value => char.IsAsciiHexDigit((char)value) ? Convert.ToInt32(((char)value).ToString(), 16) : -1)];

    /// <summary>Writes the one spelling of a part and returns its length: at most three times the part's.</summary>
    /// <remarks>Nothing is decoded twice: an encoded percent sign stays one, and a lone one becomes one.</remarks>
    /// <param name="part">Any bytes.</param>
    /// <param name="destination">At least three times as long, and one; what lies behind the result is undefined.</param>
    /// <param name="spellings">The part's.</param>
    public static int Normalize(ReadOnlySpan<byte> part, Span<byte> destination, ByteSpellings spellings)
    {
        var written = 0;
        while (true)
        {
            var length = part.IndexOfAnyExcept(spellings.Plain);
            if (length < 0)
                length = part.Length;
            part[..length].CopyTo(destination[written..]);
            written += length;
            if (length == part.Length)
                return written;
            part = part[(length + NormalizeRun(part[length..], destination[written..], in spellings.Raw, out var added))..];
            written += added;
        }
    }

    /// <summary>The value of the <c>%XX</c> at a place; negative if there is none.</summary>
    private static int Decode(ReadOnlySpan<byte> part, int at) =>
        part[at] == '%' && at + 2 < part.Length ? (Digits[part[at + 1]] << 4) | Digits[part[at + 2]] : -1;

    /// <summary>Reads <c>%XX</c> at the start.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> part, out byte value)
    {
        var decoded = part.IsEmpty ? -1 : Decode(part, 0);
        value = decoded < 0 ? (byte)0 : (byte)decoded;
        return decoded >= 0;
    }

    /// <summary>Whether a byte in its one spelling as <c>%XX</c> stands at the start.</summary>
    public static bool IsEncoded(ReadOnlySpan<byte> part) =>
        TryDecode(part, out var value) && ByteSpellings.Decoded[value].Length == 3 && !char.IsAsciiLetterLower((char)part[1]) && !char.IsAsciiLetterLower((char)part[2]);

    /// <summary>Two bytes at a time, without a branch but for percent signs, until enough plain bytes stand in a row.</summary>
    /// <returns>How many bytes were read.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int NormalizeRun(ReadOnlySpan<byte> part, Span<byte> destination, in ByteSpellings.Entries raw, out int written)
    {
        var (at, plain) = (0, 0);
        written = 0;
        while (at < part.Length && plain < PlainRun)
        {
            if (at + 1 < part.Length && part[at] != '%' && part[at + 1] != '%' && destination.Length - written >= sizeof(ulong))
            {
                var (first, second) = (raw[part[at]], raw[part[at + 1]]);
                // Six bytes and two that the next spelling overwrites.
                BinaryPrimitives.WriteUInt64LittleEndian(destination[written..], first.Text | ((ulong)second.Text << (8 * first.Length)));
                var length = first.Length + second.Length;
                written += length;
                at += 2;
                plain = length == 2 ? plain + 2 : 0;
                continue;
            }

            var value = part[at];
            ref readonly var entry = ref raw[value];
            if (value == '%' && Decode(part, at) is var decoded and >= 0)
            {
                entry = ref ByteSpellings.Decoded[(byte)decoded];
                at += 2;
            }

            at++;
            // Three bytes and one that the next spelling overwrites.
            BinaryPrimitives.WriteUInt32LittleEndian(destination[written..], entry.Text);
            written += entry.Length;
            // One more after a single byte, none after three.
            plain = (plain + 1) & ((entry.Length >> 1) - 1);
        }

        return at;
    }
}
