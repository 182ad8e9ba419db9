using System.Buffers.Binary;

namespace Atlas.Urls;

/// <summary>Which query parameters a canonical form goes without.</summary>
internal sealed class ParameterNames
{
    /// <summary>Bytes of <c>utm_</c>, which only counts with something behind it.</summary>
    private const int UtmLength = 4;

    private static readonly NameTable Tracking = new(TrackingParameters.Everywhere);
    private static readonly SiteTable TrackingOnSites = new(TrackingParameters.OnSites.SelectMany(list => list.Domains.Select(domain => (domain, list.Names))));

    private readonly bool _dropsTracking;
    private readonly NameTable _drop;
    private readonly NameTable _keep;
    private readonly SiteTable _dropOnSites;
    private readonly SiteTable _keepOnSites;

    public ParameterNames(CanonicalizationRules rules)
    {
        _dropsTracking = rules.DropTracking;
        _drop = new NameTable(rules.DropParams);
        _keep = new NameTable(rules.KeepParams);
        _dropOnSites = new SiteTable(rules.Sites.Select(site => (site.Key, site.Value.DropParams)));
        _keepOnSites = new SiteTable(rules.Sites.Select(site => (site.Key, site.Value.KeepParams)));
    }

    /// <summary>Whether a parameter goes; the name is in its one spelling already.</summary>
    /// <param name="name">Without the equals sign.</param>
    /// <param name="host">In its one spelling, without a port.</param>
    public bool Drops(ReadOnlySpan<byte> name, ReadOnlySpan<byte> host)
    {
        // Nearly every name ends here, so what is cheap to rule out comes before what has the last word.
        var isOnList = _drop.Contains(name) || (_dropsTracking && (IsUtm(name) || Tracking.Contains(name) || TrackingOnSites.Contains(name, host)));
        var isOnSitesList = _dropOnSites.Contains(name, host);
        if (!isOnList && !isOnSitesList)
            return false;
        return !_keepOnSites.Contains(name, host) && (isOnSitesList || !_keep.Contains(name));
    }

    /// <summary>What stands behind the prefix is up to whoever writes the link, so no list has it all.</summary>
    /// <remarks>The bit that tells lower case from upper case makes no other byte of a spelled name the same as one of these.</remarks>
    private static bool IsUtm(ReadOnlySpan<byte> name) =>
        name.Length > UtmLength && (BinaryPrimitives.ReadUInt32BigEndian(name) | 0x20202020) == (BinaryPrimitives.ReadUInt32BigEndian("utm_"u8) | 0x20202020);
}
