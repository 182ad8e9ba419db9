using System.Runtime.CompilerServices;

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
    private AppliedRules _dropped;

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

    /// <summary>By which rules <see cref="Apply"/> took parameters.</summary>
    public readonly AppliedRules Dropped => _dropped;

    /// <summary>Whether parameters of a name go from a host's queries, for who has but the name.</summary>
    public static bool Drops(ParameterNames names, ReadOnlySpan<byte> name, ReadOnlySpan<byte> host)
    {
        var filter = new ParameterFilter(names, host);
        return ParameterNames.Drops(filter.Find(name, QueryPart.KeyOf(name)));
    }

    /// <summary>Closes the ranks of the parameters that stay, and returns how many they are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Apply(scoped Span<QueryPart> parts, scoped ReadOnlySpan<byte> text)
    {
        var names = _names;
        var kept = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            // Nearly every name ends here.
            if (names.MayList(parts[i].Key) && Drops(parts[i], text))
                continue;
            if (kept < i)
                parts[kept] = parts[i];
            kept++;
        }

        return kept;
    }

    // Apart from the loop, which has all it needs in registers so.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Drops(scoped in QueryPart part, scoped ReadOnlySpan<byte> text)
    {
        var whole = text.Slice(part.Start, part.Length);
        var name = part.NameByKeyIn(text);
        var lists = Find(name, part.Key);
        if (ParameterNames.Drops(lists))
            _dropped |= AppliedRules.Parameters;
        else if (_dropsSessionIds && (lists & NameLists.SessionId) != 0 && SessionIds.Contains(name, name.Length == whole.Length ? default : whole[(name.Length + 1)..], ref _pair))
            _dropped |= AppliedRules.SessionId;
        else
            return false;
        return true;
    }

    private NameLists Find(scoped ReadOnlySpan<byte> name, ulong key)
    {
        var lists = _names.Find(name, key);
        return (lists & NameLists.OnSites) == 0 ? lists : lists | OnSite(name, key);
    }

    private NameLists OnSite(scoped ReadOnlySpan<byte> name, ulong key)
    {
        if (!_knowsSite)
            (_site, _knowsSite) = (_names.Site(_host), true);
        return _site is null ? NameLists.None : _site.Find(name, key);
    }
}
