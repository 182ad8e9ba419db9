using System.IO.Hashing;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>The host that a line names, whatever else is wrong with the line, and the hashes by which it is found. One caller at a time.</summary>
internal sealed class LetterHost
{
    /// <summary>A longer line is looked at as far as this: what names a host stands at its beginning.</summary>
    private const int MostBytes = 4_096;

    private readonly Canonicalizer _canonicalizer = new(new CanonicalizationRules { AcceptSchemeless = true });
    private readonly byte[] _form = new byte[Canonicalizer.MaxLength(MostBytes)];

    /// <summary>In lower case and without a port, as canonical forms have it; empty if the line names none. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> line)
    {
        line = line[..Math.Min(line.Length, MostBytes)];
        var isCanonical = _canonicalizer.TryCanonicalize(line, _form, out var url) == CanonicalizationError.None;
        return isCanonical && url.IsHttp ? WithoutPort(_form.AsSpan(url.HostStart, url.HostLength)) : OfOtherScheme(line);
    }

    /// <summary>Somebody's domain, of a host as <see cref="Of"/> gives it; empty if there is none.</summary>
    public static ReadOnlySpan<byte> DomainOf(ReadOnlySpan<byte> host) => RegistrableDomain.Of(host);

    /// <summary>By which a host or a domain is found; 0 for none.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : Math.Max(1, XxHash3.HashToUInt64(name));

    /// <summary>What <c>ftp://user@host:21/</c> names, and a malformed http URL up to where it is; letters, digits, dots and hyphens only, as anything else is rather a mistake than a host.</summary>
    private ReadOnlySpan<byte> OfOtherScheme(ReadOnlySpan<byte> line)
    {
        var start = line.IndexOf("://"u8);
        if (start < 1 || line[..start].ContainsAnyExceptInRange((byte)'+', (byte)'z'))
            return default;
        var authority = line[(start + 3)..];
        var end = authority.IndexOfAny("/\\?#"u8);
        authority = end < 0 ? authority : authority[..end];
        var host = WithoutPort(authority[(authority.LastIndexOf((byte)'@') + 1)..]);
        if (host.IsEmpty || host.Length > 253)
            return default;
        foreach (var letter in host)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'.' or (byte)'-' or (byte)'_'))
                return default;
        }

        Ascii.ToLower(host, _form, out var length);
        return _form.AsSpan(0, length);
    }

    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon < 0 || host[colon..].Contains((byte)']') ? host : host[..colon];
    }
}
