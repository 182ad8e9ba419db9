using Atlas.Urls;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether a stored URL gives the content id that stands beside it: the only thing that sees a flipped bit in its text, which fits every rule of the database.</summary>
/// <remarks>A pipeline's switches may have been others when the URL came, so when they do not fit, every setting of them is tried. Its lists of parameters and sites are taken as they are now.</remarks>
internal sealed class UrlSpelling
{
    private const int Switches = 6;

    private readonly Canonicalizer _now;
    private readonly Lazy<Canonicalizer[]> _others;
    private byte[] _form = new byte[8_192];

    public UrlSpelling(CanonicalizationRules rules)
    {
        _now = new Canonicalizer(rules);
        _others = new Lazy<Canonicalizer[]>(() => [.. Enumerable.Range(0, 1 << Switches).Select(bits => new Canonicalizer(rules with
        {
            FoldScheme = (bits & 1) != 0,
            FoldWww = (bits & 2) != 0,
            FoldTrailingSlash = (bits & 4) != 0,
            DropSessionIds = (bits & 8) != 0,
            AcceptSchemeless = (bits & 16) != 0,
            DropTracking = (bits & 32) != 0,
        }))]);
    }

    public bool Gives(ReadOnlySpan<byte> url, UInt128 id)
    {
        if (Canonicalizer.MaxLength(url.Length) is var most && most > _form.Length)
            _form = new byte[most];
        if (IsIdBy(_now, url, id))
            return true;
        foreach (var other in _others.Value)
        {
            if (IsIdBy(other, url, id))
                return true;
        }

        return false;
    }

    private bool IsIdBy(Canonicalizer rules, ReadOnlySpan<byte> url, UInt128 id) =>
        rules.TryCanonicalize(url, _form, out var form) == CanonicalizationError.None && ContentId.Of(_form.AsSpan(0, form.Length)) == id;
}
