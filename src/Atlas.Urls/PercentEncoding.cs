using System.Buffers;

namespace Atlas.Urls;

/// <summary>One spelling for the bytes of a URL part (RFC 3986 section 6.2.2): hexadecimal digits in upper case, unreserved characters bare, everything outside the URL set encoded.</summary>
internal static class PercentEncoding
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    /// <summary>The bytes that stand for themselves in path and fragment.</summary>
    public static readonly SearchValues<byte> Plain = Bytes(Unreserved + "!$&'()*+,;=:@/?");

    /// <summary>The same in a query, where the standard encodes the apostrophe (WHATWG URL, "special-query percent-encode set").</summary>
    public static readonly SearchValues<byte> PlainInQuery = Bytes(Unreserved + "!$&()*+,;=:@/?");

    /// <summary>The same in user names and passwords ("userinfo percent-encode set").</summary>
    public static readonly SearchValues<byte> PlainInUserInfo = Bytes(Unreserved + "!$&'()*+,");

    private static readonly SearchValues<byte> Bare = Bytes(Unreserved);

    /// <summary>Writes the one spelling of a part and returns its length: at most three times the part's.</summary>
    /// <remarks>Nothing is decoded twice: an encoded percent sign stays one, and a lone one becomes one.</remarks>
    /// <param name="part">Any bytes.</param>
    /// <param name="destination">At least three times as long.</param>
    /// <param name="plain">What stands for itself.</param>
    public static int Normalize(ReadOnlySpan<byte> part, Span<byte> destination, SearchValues<byte> plain)
    {
        var written = 0;
        while (true)
        {
            var length = part.IndexOfAnyExcept(plain);
            if (length < 0)
                length = part.Length;
            part[..length].CopyTo(destination[written..]);
            written += length;
            if (length == part.Length)
                return written;

            part = part[length..];
            if (TryDecode(part, out var decoded))
            {
                written += Bare.Contains(decoded) ? Put(destination, written, decoded) : Encode(decoded, destination[written..]);
                part = part[3..];
            }
            else
            {
                written += Encode(part[0], destination[written..]);
                part = part[1..];
            }
        }
    }

    /// <summary>Reads <c>%XX</c> at the start.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> part, out byte value)
    {
        value = 0;
        if (part.Length < 3 || part[0] != '%' || !char.IsAsciiHexDigit((char)part[1]) || !char.IsAsciiHexDigit((char)part[2]))
            return false;
        value = (byte)((Digit(part[1]) << 4) | Digit(part[2]));
        return true;
    }

    /// <summary>Whether a byte in its one spelling as <c>%XX</c> stands at the start.</summary>
    public static bool IsEncoded(ReadOnlySpan<byte> part) =>
        TryDecode(part, out var value) && !Bare.Contains(value) && !char.IsAsciiLetterLower((char)part[1]) && !char.IsAsciiLetterLower((char)part[2]);

    /// <summary>Writes <c>%XX</c>.</summary>
    public static int Encode(byte value, Span<byte> destination)
    {
        var digits = "0123456789ABCDEF"u8;
        destination[0] = (byte)'%';
        destination[1] = digits[value >> 4];
        destination[2] = digits[value & 15];
        return 3;
    }

    private static int Put(Span<byte> destination, int at, byte value)
    {
        destination[at] = value;
        return 1;
    }

    private static int Digit(byte hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;

    private static SearchValues<byte> Bytes(string characters) => SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(characters));
}
