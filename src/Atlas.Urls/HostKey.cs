using System.Buffers;
using System.Text;

namespace Atlas.Urls;

/// <summary>Who is asked for a URL, for politeness: the host in lower case and, unless it is the scheme's default, the port.</summary>
public static class HostKey
{
    // Whether a line without a scheme is taken was decided before anybody asks for its host.
    private static readonly Canonicalizer Plain = new(new CanonicalizationRules { AcceptSchemeless = true });

    /// <summary>The host key of an http or https URL as it was given, with or without its scheme, the same as in its canonical form; empty if there is no host in it.</summary>
    public static string Of(ReadOnlySpan<byte> url)
    {
        var canonical = ArrayPool<byte>.Shared.Rent(Canonicalizer.MaxLength(url.Length));
        try
        {
            return Plain.TryCanonicalize(url, canonical, out var parts) == CanonicalizationError.None
                ? Encoding.UTF8.GetString(canonical, parts.HostStart, parts.HostLength)
                : "";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(canonical);
        }
    }
}
