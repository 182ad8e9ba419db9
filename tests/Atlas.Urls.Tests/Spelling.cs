using System.Text;

namespace Atlas.Urls.Tests;

/// <summary>Canonical forms as text; null where there is none.</summary>
internal static class Spelling
{
    public static string? Of(string url, CanonicalizationRules? rules = null) =>
        Of(Encoding.UTF8.GetBytes(url), out _, rules) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public static byte[]? Of(byte[] url, out CanonicalUrl parts, CanonicalizationRules? rules = null)
    {
        var destination = new byte[Canonicalizer.MaxLength(url.Length)];
        var error = new Canonicalizer(rules ?? new CanonicalizationRules()).TryCanonicalize(url, destination, out parts);
        return error == CanonicalizationError.None ? destination[..parts.Length] : null;
    }
}
