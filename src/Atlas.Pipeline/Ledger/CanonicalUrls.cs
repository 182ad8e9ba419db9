using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Makes canonical forms anew, which the ledger does not keep. One caller at a time.</summary>
internal sealed class CanonicalUrls(CanonicalizationRules rules)
{
    private readonly Canonicalizer _canonicalizer = new(rules);
    private byte[] _form = new byte[4_096];

    /// <summary>The form by which a line is known; null when it has none, or these are not the rules by which its id was made.</summary>
    /// <param name="line">As received.</param>
    /// <param name="id">Its content id.</param>
    public string? Of(ReadOnlySpan<byte> line, UInt128 id)
    {
        if (Canonicalizer.MaxLength(line.Length) is var most && most > _form.Length)
            _form = new byte[most];
        return _canonicalizer.TryCanonicalize(line, _form, out var form) == CanonicalizationError.None && ContentId.Of(_form.AsSpan(0, form.Length)) == id
            ? Encoding.UTF8.GetString(_form, 0, form.Length)
            : null;
    }

    /// <summary>The content id that these rules give a line: of its canonical form, or of the line itself where it has none.</summary>
    public UInt128 IdOf(ReadOnlySpan<byte> line)
    {
        if (Canonicalizer.MaxLength(line.Length) is var most && most > _form.Length)
            _form = new byte[most];
        return _canonicalizer.TryCanonicalize(line, _form, out var form) == CanonicalizationError.None ? ContentId.Of(_form.AsSpan(0, form.Length)) : ContentId.Of(line);
    }

    /// <summary>The form by which a document is known.</summary>
    public string? Of(StoredDocument document) =>
        UInt128.TryParse(document.ContentId, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var id) ? Of(Encoding.UTF8.GetBytes(document.Url), id) : null;
}
