using System.Buffers;

namespace Atlas.Pipeline.Fetch;

/// <summary>One spelling for what is the same path to robots.txt, by RFC 9309, 2.2.2, in octets.</summary>
/// <remarks>
/// Escapes of unreserved characters are undone; other octets than printable ASCII are escaped; escapes are in upper case. A literal <c>*</c> and <c>$</c> are escaped, as the bare ones mean
/// something in a rule. In the query an escaped <c>: / ? @ [ ]</c> is the same as the bare one, which the RFC's example asks for; in the path <c>%2F</c> stays something else than <c>/</c>.
/// </remarks>
internal static class RobotsPath
{
    /// <summary>Octets that may come out for one that goes in.</summary>
    public const int MostGrowth = 3;

    // All that is spelled as it is. A percent sign has to be looked at.
    private static readonly SearchValues<byte> Plain = SearchValues.Create("!\"#&'()+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);
    private static readonly SearchValues<byte> Unreserved = SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"u8);
    private static readonly SearchValues<byte> BareInQueries = SearchValues.Create(":/?@[]"u8);

    /// <summary>Whether it is spelled so already, as most paths are.</summary>
    public static bool IsNormal(ReadOnlySpan<byte> path) => path.IndexOfAnyExcept(Plain) < 0;

    /// <summary>Writes the one spelling and returns its length.</summary>
    /// <param name="path">In UTF-8, or whatever octets a file holds.</param>
    /// <param name="into">At least <see cref="MostGrowth"/> times as long.</param>
    /// <param name="keepStars">Whether <c>*</c> is left alone, as in a rule.</param>
    public static int Normalize(ReadOnlySpan<byte> path, Span<byte> into, bool keepStars)
    {
        var length = 0;
        var inQuery = false;
        for (var i = 0; i < path.Length; i++)
        {
            var octet = path[i];
            if (octet == '%' && i + 2 < path.Length && TryReadHex(path[i + 1], path[i + 2], out var escaped))
            {
                i += 2;
                if (Unreserved.Contains(escaped) || (inQuery && BareInQueries.Contains(escaped)))
                    into[length++] = escaped;
                else
                    length += Escape(escaped, into[length..]);
            }
            else if (Plain.Contains(octet) || octet == '%' || (keepStars && octet == '*'))
            {
                inQuery |= octet == '?';
                into[length++] = octet;
            }
            else
            {
                length += Escape(octet, into[length..]);
            }
        }

        return length;
    }

    private static bool TryReadHex(byte high, byte low, out byte octet)
    {
        octet = 0;
        if (!char.IsAsciiHexDigit((char)high) || !char.IsAsciiHexDigit((char)low))
            return false;
        octet = (byte)((ValueOf(high) << 4) | ValueOf(low));
        return true;
    }

    // Digits end in their value; letters of either case in theirs less nine.
    private static int ValueOf(byte digit) => digit <= '9' ? digit & 15 : (digit & 15) + 9;

    private static int Escape(byte octet, Span<byte> into)
    {
        var digits = "0123456789ABCDEF"u8;
        (into[0], into[1], into[2]) = ((byte)'%', digits[octet >> 4], digits[octet & 15]);
        return 3;
    }
}
