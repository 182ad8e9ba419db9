namespace Atlas.Pipeline.Discover;

/// <summary>Where the references of one page stand. Used by one reader at a time, and again for the next page.</summary>
internal sealed class HtmlReferences
{
    private readonly List<HtmlReference> _found = [];

    /// <summary>In the order in which they stand.</summary>
    public IReadOnlyList<HtmlReference> Found => _found;

    /// <summary>The first <c>base</c> with an address, wherever it stands; null when there is none.</summary>
    public HtmlReference? Base { get; private set; }

    /// <summary>A <c>meta robots</c> asks not to follow any link of the page.</summary>
    public bool IsNofollow { get; set; }

    public void Add(HtmlReference reference) => _found.Add(reference);

    public void SetBase(HtmlReference address) => Base ??= address;

    public void Clear()
    {
        _found.Clear();
        Base = null;
        IsNofollow = false;
    }
}

/// <summary>A reference in the bytes of a page, with its character references as written.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct HtmlReference(int Start, int Length)
{
    /// <summary>The page asks not to follow it.</summary>
    public bool IsNofollow { get; init; }

    /// <summary>It is the content of a <c>meta refresh</c>, in which the address comes after a number of seconds.</summary>
    public bool IsRefresh { get; init; }
}
