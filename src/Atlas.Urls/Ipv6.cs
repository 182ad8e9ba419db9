using System.Buffers.Binary;
using System.Globalization;

namespace Atlas.Urls;

/// <summary>IPv6 addresses as the URL standard reads and writes them: eight pieces, the longest run of zeros left out (RFC 5952), never a dotted end.</summary>
internal static class Ipv6
{
    /// <summary>In bytes, without brackets.</summary>
    public const int LongestNotation = 39;

    private const int Pieces = 8;

    /// <summary>Reads what stands between the brackets (WHATWG URL, "IPv6 parser"); 16 bytes in network order.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, Span<byte> address)
    {
        address[..16].Clear();
        var piece = 0;
        var compressedAt = -1;
        if (text.StartsWith("::"u8))
        {
            compressedAt = 0;
            text = text[2..];
        }
        else if (text.IsEmpty || text[0] == ':')
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            if (piece == Pieces)
                return false;
            if (text[0] == ':')
            {
                if (compressedAt >= 0)
                    return false;
                compressedAt = piece;
                text = text[1..];
                continue;
            }

            var digits = HexDigits(text);
            if (digits < text.Length && text[digits] == '.')
            {
                if (piece > Pieces - 2 || !TryDotted(text, address.Slice(2 * piece, 4)))
                    return false;
                piece += 2;
                break;
            }

            if (digits == 0 || !ushort.TryParse(text[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                return false;
            BinaryPrimitives.WriteUInt16BigEndian(address[(2 * piece++)..], value);
            text = text[digits..];
            if (text.IsEmpty)
                break;
            if (text[0] != ':' || text.Length == 1)
                return false;
            text = text[1..];
        }

        if (compressedAt < 0)
            return piece == Pieces;
        if (piece == Pieces)
            return false;
        var tail = address[(2 * compressedAt)..(2 * piece)];
        tail.CopyTo(address[(16 - tail.Length)..]);
        address[(2 * compressedAt)..(16 - tail.Length)].Clear();
        return true;
    }

    /// <summary>Writes the shortest notation, without brackets; at most <see cref="LongestNotation"/> bytes.</summary>
    public static int Write(ReadOnlySpan<byte> address, Span<byte> to)
    {
        var (start, count) = LongestZeros(address);
        var length = 0;
        for (var piece = 0; piece < Pieces; piece++)
        {
            if (piece == start)
            {
                "::"u8.CopyTo(to[length..]);
                length += 2;
                piece += count - 1;
                continue;
            }

            if (piece > 0 && piece != start + count)
                to[length++] = (byte)':';
            PieceAt(address, piece).TryFormat(to[length..], out var digits, "x", CultureInfo.InvariantCulture);
            length += digits;
        }

        return length;
    }

    private static (int Start, int Count) LongestZeros(ReadOnlySpan<byte> address)
    {
        var (best, bestCount) = (-1, 1);
        for (var piece = 0; piece < Pieces; piece++)
        {
            var end = piece;
            while (end < Pieces && PieceAt(address, end) == 0)
                end++;
            if (end - piece > bestCount)
                (best, bestCount) = (piece, end - piece);
            piece = Math.Max(piece, end - 1);
        }

        return best < 0 ? (-1, 0) : (best, bestCount);
    }

    private static ushort PieceAt(ReadOnlySpan<byte> address, int piece) => BinaryPrimitives.ReadUInt16BigEndian(address[(2 * piece)..]);

    private static int HexDigits(ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (count < text.Length && count < 4 && char.IsAsciiHexDigit((char)text[count]))
            count++;
        return count;
    }

    /// <summary>Four decimal numbers to 255 without leading zeros, and nothing behind them.</summary>
    private static bool TryDotted(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        for (var i = 0; i < 4; i++)
        {
            var dot = text.IndexOf((byte)'.');
            var number = i == 3 ? text : dot < 0 ? default : text[..dot];
            if (number.IsEmpty || number.Length > 3 || (number.Length > 1 && number[0] == '0') || !byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
                return false;
            text = i == 3 ? default : text[(dot + 1)..];
        }

        return true;
    }
}
