using System.Buffers.Binary;

namespace Atlas.Urls;

/// <summary>Which query parameters a canonical form goes without, by name. Any thread may ask.</summary>
internal sealed class ParameterNames
{
    /// <summary>Bytes of <c>utm_</c>, which only counts with something behind it.</summary>
    private const int UtmLength = 4;

    private static readonly uint Utm = BinaryPrimitives.ReadUInt32BigEndian("utm_"u8) | 0x20202020;

    private readonly bool _dropsTracking;
    private readonly NameTable _names;
    private readonly SiteTable _sites;

    public ParameterNames(CanonicalizationRules rules)
    {
        _dropsTracking = rules.DropTracking;
        var tracking = _dropsTracking ? TrackingParameters.OnSites : [];
        var sites = rules.Sites.SelectMany(site => site.Value.DropParams.Select(name => (site.Key, name, NameLists.DroppedHere)))
            .Concat(rules.Sites.SelectMany(site => site.Value.KeepParams.Select(name => (site.Key, name, NameLists.KeptHere))))
            .Concat(tracking.SelectMany(list => list.Domains.SelectMany(domain => list.Names.Select(name => (domain, name, NameLists.TrackedHere)))))
            .ToList();
        _sites = new SiteTable(sites);
        _names = new NameTable(
            rules.DropParams.Concat(_dropsTracking ? TrackingParameters.Everywhere : []).Select(name => (name, NameLists.Dropped))
            .Concat(rules.KeepParams.Select(name => (name, NameLists.Kept)))
            .Concat(sites.Select(site => (site.name, NameLists.OnSites))));
    }

    /// <summary>The lists of every site that a name in its one spelling is on.</summary>
    public NameLists Find(ReadOnlySpan<byte> name, ulong key) => _names.Find(name, key);

    /// <summary>The lists of a host's own site; null if it has none.</summary>
    public NameTable? Site(ReadOnlySpan<byte> host) => _sites.Find(host);

    /// <summary>Whether a name goes that is on these lists. What a site says comes first, and to keep beats to drop.</summary>
    public bool Drops(NameLists lists, int nameLength, ulong key)
    {
        if ((lists & (NameLists.Dropped | NameLists.TrackedHere | NameLists.DroppedHere)) == 0 && !IsTrackingByPrefix(nameLength, key))
            return false;
        return (lists & NameLists.KeptHere) == 0 && (lists & (NameLists.DroppedHere | NameLists.Kept)) != NameLists.Kept;
    }

    /// <summary>What stands behind the prefix is up to whoever writes the link, so no list has it all.</summary>
    /// <remarks>The bit that tells lower case from upper case makes no other byte of a spelled name the same as one of these.</remarks>
    private bool IsTrackingByPrefix(int nameLength, ulong key) =>
        _dropsTracking && nameLength > UtmLength && ((uint)(key >> 32) | 0x20202020) == Utm;
}
