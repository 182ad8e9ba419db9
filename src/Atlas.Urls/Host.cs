using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Atlas.Urls;

/// <summary>One spelling for a host: lower case, international names in their ASCII form, addresses in their usual notation.</summary>
internal static class Host
{
    /// <summary>The longest name DNS can hold, in bytes (RFC 1035 section 2.3.4, without the root's dot).</summary>
    private const int MaxLength = 253;

    private static readonly SearchValues<byte> Ordinary = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"u8);
    private static readonly SearchValues<byte> Rare = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._!$&'()*+,;=~`{}\""u8);
    private static readonly SearchValues<byte> Ipv6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    /// <summary>Writes the one spelling and returns its length; -1 if this can be no host.</summary>
    public static int Write(ReadOnlySpan<byte> host, Span<byte> destination)
    {
        if (host.IsEmpty)
            return -1;
        if (host[0] == '[')
            return WriteIpv6(host, destination);
        return host.ContainsAnyExcept(Ordinary) ? WriteRare(host, destination) : WriteAscii(host, destination);
    }

    private static int WriteAscii(ReadOnlySpan<byte> host, Span<byte> destination)
    {
        if (host[^1] == '.')
            host = host[..^1];
        if (host.IsEmpty || host.Length > MaxLength || host[0] == '.' || host[^1] == '.' || host.IndexOf(".."u8) >= 0 || host.Length > destination.Length)
            return -1;
        if (Ipv4.LooksLikeOne(host))
            return Ipv4.TryParse(host, out var address) && Ipv4.TryWrite(address, destination, out var length) ? length : -1;

        Ascii.ToLower(host, destination, out var written);
        return written;
    }

    private static int WriteIpv6(ReadOnlySpan<byte> host, Span<byte> destination)
    {
        // 45 characters is the longest notation there is; the parser alone would also take zones and ports.
        if (host.Length is < 4 or > 47 || host[^1] != ']' || host[1..^1].ContainsAnyExcept(Ipv6))
            return -1;
        if (!IPAddress.TryParse(Encoding.ASCII.GetString(host[1..^1]), out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            return -1;

        destination[0] = (byte)'[';
        if (!address.TryFormat(destination[1..], out var written) || written + 2 > destination.Length)
            return -1;
        destination[written + 1] = (byte)']';
        return written + 2;
    }

    /// <summary>Percent-encoded, international or merely unusual names. The only way that allocates.</summary>
    private static int WriteRare(ReadOnlySpan<byte> host, Span<byte> destination)
    {
        // Longer than any encoded spelling of the longest name: refuse before any work is put into it.
        if (host.Length > MaxLength * 12)
            return -1;

        var decoded = new byte[host.Length];
        var length = 0;
        while (!host.IsEmpty)
        {
            var isEncoded = PercentEncoding.TryDecode(host, out var value);
            decoded[length++] = isEncoded ? value : host[0];
            host = host[(isEncoded ? 3 : 1)..];
        }

        ReadOnlySpan<byte> name = decoded.AsSpan(0, length);
        if (!Ascii.IsValid(name))
        {
            if (ToAscii(name) is not { } ascii)
                return -1;
            name = Encoding.ASCII.GetBytes(ascii);
        }

        return name.IsEmpty || name.ContainsAnyExcept(Rare) ? -1 : WriteAscii(name, destination);
    }

    private static string? ToAscii(ReadOnlySpan<byte> name)
    {
        if (!System.Text.Unicode.Utf8.IsValid(name))
            return null;

        // The runtime maps nothing while globalization is invariant; these two are what people and their keyboards really produce.
        var mapped = new StringBuilder();
        foreach (var letter in Encoding.UTF8.GetString(name).ToLowerInvariant())
        {
            if (letter is >= '\uFF01' and <= '\uFF5E')
                mapped.Append(char.ToLowerInvariant((char)(letter - 0xFEE0)));
            else if (letter != '\u00AD')
                mapped.Append(letter);
        }

        try
        {
            return Idn.GetAscii(mapped.ToString());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
