namespace Atlas.Urls;

/// <summary>What goes from one query. What is known of its site and of the whole query is found out once, and only if a parameter asks for it.</summary>
internal ref struct ParameterFilter
{
    private readonly ParameterNames _names;
    private readonly ReadOnlySpan<byte> _host;
    private readonly bool _dropsSessionIds;
    private ColdFusionPair _pair;
    private NameTable? _site;
    private bool _knowsSite;

    /// <summary>By name alone.</summary>
    /// <param name="names">What to drop.</param>
    /// <param name="host">The URL's, in its one spelling, without a port.</param>
    public ParameterFilter(ParameterNames names, ReadOnlySpan<byte> host)
    {
        _names = names;
        _host = host;
    }

    /// <summary>By name, and session ids if they go.</summary>
    /// <param name="names">What to drop.</param>
    /// <param name="host">The URL's, in its one spelling, without a port.</param>
    /// <param name="dropsSessionIds">Whether session ids go too.</param>
    /// <param name="query">The whole query in its one spelling.</param>
    public ParameterFilter(ParameterNames names, ReadOnlySpan<byte> host, bool dropsSessionIds, ReadOnlySpan<byte> query)
        : this(names, host)
    {
        _dropsSessionIds = dropsSessionIds;
        _pair = new ColdFusionPair(query);
    }

    /// <summary>Whether parameters of a name go from a host's queries, for who has but the name.</summary>
    public static bool Drops(ParameterNames names, ReadOnlySpan<byte> name, ReadOnlySpan<byte> host)
    {
        var filter = new ParameterFilter(names, host);
        return filter.DropsName(name, QueryPart.KeyOf(name));
    }

    /// <summary>Whether a parameter goes.</summary>
    public bool Drops(scoped in QueryPart part, int nameLength, scoped ReadOnlySpan<byte> text)
    {
        var name = text.Slice(part.Start, nameLength);
        return DropsName(name, part.Key) || (_dropsSessionIds && SessionIds.Contains(name, ValueIn(part, nameLength, text), ref _pair));
    }

    /// <summary>Whether a parameter goes because of its name.</summary>
    /// <param name="name">In its one spelling.</param>
    /// <param name="key">Its first eight bytes.</param>
    private bool DropsName(scoped ReadOnlySpan<byte> name, ulong key)
    {
        var lists = _names.Find(name, key);
        if ((lists & NameLists.OnSites) != 0)
            lists |= OnSite(name, key);
        return _names.Drops(lists, name.Length, key);
    }

    private static ReadOnlySpan<byte> ValueIn(scoped in QueryPart part, int nameLength, ReadOnlySpan<byte> text) =>
        nameLength == part.Length ? default : text.Slice(part.Start + nameLength + 1, part.Length - nameLength - 1);

    private NameLists OnSite(scoped ReadOnlySpan<byte> name, ulong key)
    {
        if (!_knowsSite)
            (_site, _knowsSite) = (_names.Site(_host), true);
        return _site is null ? NameLists.None : _site.Find(name, key);
    }
}
