using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>Which query parameters a canonical form goes without, by name. Any thread may ask.</summary>
internal sealed class ParameterNames
{
    /// <summary>Bytes of <c>utm_</c>, which only counts with something behind it.</summary>
    private const int UtmLength = 4;

    /// <summary>The bit that tells lower case from upper case; it makes no other bytes of a spelled name the same as those below.</summary>
    private const uint CaseBits = 0x20202020;

    private static readonly uint Utm = BinaryPrimitives.ReadUInt32BigEndian("utm_"u8) | CaseBits;

    // The start of aspsessionid, which goes on as every server likes.
    private static readonly uint Asps = BinaryPrimitives.ReadUInt32BigEndian("asps"u8) | CaseBits;

    // What stands behind the prefix is up to whoever writes the link, so no list of names has it all.
    private readonly NameLists _utm;
    // The first four bytes of every name that Find knows, each in its slot or the next; zero where nothing is.
    private readonly uint[] _starts;
    private readonly int _shift;
    private readonly NameTable _names;
    private readonly SiteTable _sites;

    public ParameterNames(CanonicalizationRules rules)
    {
        _utm = rules.DropTracking ? NameLists.Dropped : NameLists.None;
        var tracking = rules.DropTracking ? TrackingParameters.OnSites : [];
        var sites = rules.Sites.SelectMany(site => site.Value.DropParams.Select(name => (site.Key, name, NameLists.DroppedHere)))
            .Concat(rules.Sites.SelectMany(site => site.Value.KeepParams.Select(name => (site.Key, name, NameLists.KeptHere))))
            .Concat(tracking.SelectMany(list => list.Domains.SelectMany(domain => list.Names.Select(name => (domain, name, NameLists.TrackedHere)))))
            .ToList();
        _sites = new SiteTable(sites);
        _names = new NameTable(
            rules.DropParams.Concat(rules.DropTracking ? TrackingParameters.Everywhere : []).Select(name => (name, NameLists.Dropped))
            .Concat(rules.KeepParams.Select(name => (name, NameLists.Kept)))
            .Concat((rules.DropSessionIds ? SessionIds.Names : []).Select(name => (name, NameLists.SessionId)))
            .Concat(sites.Select(site => (site.name, NameLists.OnSites))));

        var starts = _names.Keys.Select(key => (uint)(key >> 32) | CaseBits).Concat(rules.DropTracking ? [Utm] : []).Concat(rules.DropSessionIds ? [Asps] : []).Distinct().ToList();
        var size = 8 * (int)BitOperations.RoundUpToPowerOf2((uint)starts.Count | 1);
        do
        {
            _starts = new uint[size + 1];
            _shift = 32 - BitOperations.Log2((uint)size);
            size *= 2;
        }
        while (!starts.TrueForAll(TryAdd));
    }

    /// <summary>Whether a name can be on a list, by its first four bytes; mostly no.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayList(ulong key)
    {
        var start = (uint)(key >> 32) | CaseBits;
        var slot = Slot(start);
        // Both at once: names that take turns would make a branch between them guess wrong.
        return (_starts[slot] == start) | (_starts[slot + 1] == start);
    }

    /// <summary>The lists for all sites that a name in its one spelling is on.</summary>
    public NameLists Find(ReadOnlySpan<byte> name, ulong key)
    {
        var lists = _names.Find(name, key);
        if (((uint)(key >> 32) | CaseBits) == Utm && name.Length > UtmLength)
            lists |= _utm;
        return ((uint)(key >> 32) | CaseBits) == Asps ? lists | NameLists.SessionId : lists;
    }

    /// <summary>The lists of a host's own site; null if it has none.</summary>
    public NameTable? Site(ReadOnlySpan<byte> host) => _sites.Find(host);

    /// <summary>Whether a name goes that is on these lists. What a site says comes first, and to keep beats to drop.</summary>
    public static bool Drops(NameLists lists) =>
        (lists & (NameLists.Dropped | NameLists.TrackedHere | NameLists.DroppedHere)) != 0
        && (lists & NameLists.KeptHere) == 0
        && (lists & (NameLists.DroppedHere | NameLists.Kept)) != NameLists.Kept;

    private bool TryAdd(uint start)
    {
        var slot = Slot(start);
        if (_starts[slot] != 0)
            slot++;
        if (_starts[slot] != 0)
            return false;
        _starts[slot] = start;
        return true;
    }

    private int Slot(uint start) => (int)((start * 0x9E3779B1) >> _shift);
}
