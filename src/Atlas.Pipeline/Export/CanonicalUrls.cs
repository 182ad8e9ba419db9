using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Export;

/// <summary>Makes canonical forms anew, which the ledger does not keep.</summary>
internal sealed class CanonicalUrls(CanonicalizationRules rules)
{
    private readonly Canonicalizer _canonicalizer = new(rules);
    private byte[] _form = new byte[4_096];

    /// <summary>The form by which the document is known; null when these are not the rules by which its id was made.</summary>
    public string? Of(StoredDocument document)
    {
        var url = Encoding.UTF8.GetBytes(document.Url);
        if (Canonicalizer.MaxLength(url.Length) is var most && most > _form.Length)
            _form = new byte[most];
        return _canonicalizer.TryCanonicalize(url, _form, out var form) == CanonicalizationError.None && ContentId.ToHex(ContentId.Of(_form.AsSpan(0, form.Length))) == document.ContentId
            ? Encoding.UTF8.GetString(_form, 0, form.Length)
            : null;
    }
}
