using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Atlas.Urls.Idna;

namespace Atlas.Urls;

/// <summary>One spelling for a host: lower case, international names in their ASCII form, addresses in their usual notation.</summary>
internal static class Host
{
    /// <summary>The longest name DNS can hold, in bytes (RFC 1035 section 2.3.4, without the root's dot).</summary>
    private const int MaxLength = 253;

    private static readonly SearchValues<byte> Ordinary = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"u8);

    /// <summary>Writes the one spelling and returns its length; -1 if this can be no host.</summary>
    public static int Write(ReadOnlySpan<byte> host, Span<byte> destination)
    {
        if (host.IsEmpty)
            return -1;
        if (host[0] == '[')
            return WriteIpv6(host, destination);
        return host.ContainsAnyExcept(Ordinary) || host.IndexOf("--"u8) >= 0 ? WriteRare(host, destination) : WriteAscii(host, destination);
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
        Span<byte> address = stackalloc byte[16];
        if (host.Length < 4 || host[^1] != ']' || destination.Length < Ipv6.LongestNotation + 2 || !Ipv6.TryParse(host[1..^1], address))
            return -1;

        destination[0] = (byte)'[';
        var length = Ipv6.Write(address, destination[1..]);
        destination[length + 1] = (byte)']';
        return length + 2;
    }

    /// <summary>Percent-encoded, international or merely unusual names, and those that may hold an encoded label.</summary>
    [SkipLocalsInit]
    private static int WriteRare(ReadOnlySpan<byte> host, Span<byte> destination)
    {
        // Longer than any encoded spelling of the longest name: refused before any work is put into it.
        if (host.Length > 3 * Uts46.MaxInputLength)
            return -1;

        Span<byte> decoded = stackalloc byte[3 * Uts46.MaxInputLength];
        var length = 0;
        while (!host.IsEmpty)
        {
            var plain = host.IndexOf((byte)'%');
            if (plain < 0)
                plain = host.Length;
            host[..plain].CopyTo(decoded[length..]);
            length += plain;
            host = host[plain..];
            if (host.IsEmpty)
                break;
            // A percent sign that starts nothing stays one, and no host may have one.
            if (!PercentEncoding.TryDecode(host, out decoded[length++]))
                return -1;
            host = host[3..];
        }

        Span<byte> name = stackalloc byte[Uts46.MaxAsciiLength];
        return Uts46.TryToAscii(decoded[..length], name, out var written) ? WriteAscii(name[..written], destination) : -1;
    }
}
