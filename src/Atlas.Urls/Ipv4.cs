using System.Buffers.Binary;

namespace Atlas.Urls;

/// <summary>IPv4 addresses as browsers read them: one to four parts, each decimal, octal (0...) or hexadecimal (0x...).</summary>
internal static class Ipv4
{
    /// <summary>Whether the last label is a number: then the host is an address or nothing (WHATWG URL, "ends in a number").</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> host)
    {
        var last = host[(host.LastIndexOf((byte)'.') + 1)..];
        return char.IsAsciiDigit((char)last[0]) && (!last.ContainsAnyExceptInRange((byte)'0', (byte)'9') || TryNumber(last, out _));
    }

    public static bool TryParse(ReadOnlySpan<byte> host, out uint address)
    {
        address = 0;
        ulong value = 0;
        for (var part = 0; part < 4; part++)
        {
            var dot = host.IndexOf((byte)'.');
            var isLast = dot < 0;
            if (!TryNumber(isLast ? host : host[..dot], out var number))
                return false;
            if (isLast)
            {
                // The last part fills all bytes that are left.
                if (number >= 1UL << (8 * (4 - part)))
                    return false;
                address = (uint)(value << (8 * (4 - part)) | number);
                return true;
            }

            if (number > 255)
                return false;
            value = value << 8 | number;
            host = host[(dot + 1)..];
        }

        return false;
    }

    public static bool TryWrite(uint address, Span<byte> destination, out int written)
    {
        var octets = (stackalloc byte[4]);
        BinaryPrimitives.WriteUInt32BigEndian(octets, address);
        written = 0;
        foreach (var octet in octets)
        {
            if (written > 0)
            {
                if (written == destination.Length)
                    return false;
                destination[written++] = (byte)'.';
            }

            if (!octet.TryFormat(destination[written..], out var digits, provider: System.Globalization.CultureInfo.InvariantCulture))
                return false;
            written += digits;
        }

        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out ulong number)
    {
        number = 0;
        var radix = 10u;
        if (text.Length >= 2 && text[0] == '0')
        {
            radix = (text[1] | 0x20) == 'x' ? 16u : 8u;
            text = text[(radix == 16 ? 2 : 1)..];
        }
        else if (text.IsEmpty)
        {
            return false;
        }

        foreach (var letter in text)
        {
            var digit = char.IsAsciiHexDigit((char)letter) ? (uint)(letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10) : uint.MaxValue;
            if (digit >= radix)
                return false;
            // Past 32 bits nothing is an address any more; saturate instead of wrapping around.
            number = Math.Min(number * radix + digit, 1UL << 33);
        }

        return true;
    }
}
