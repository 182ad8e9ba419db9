using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>A canonical form by itself.</summary>
/// <param name="Bytes">The form.</param>
/// <param name="Parts">Where its parts stand.</param>
internal readonly record struct CanonicalForm(byte[] Bytes, CanonicalUrl Parts)
{
    /// <summary>The form of a line; null if there is none.</summary>
    public static CanonicalForm? Of(Canonicalizer canonicalizer, byte[] line)
    {
        var to = new byte[Canonicalizer.MaxLength(line.Length)];
        return canonicalizer.TryCanonicalize(line, to, out var parts) == CanonicalizationError.None ? new CanonicalForm(to[..parts.Length], parts) : null;
    }
}
