using System.Buffers.Binary;
using System.Text;

namespace Atlas.Urls;

/// <summary>Which query parameters a canonical form goes without.</summary>
internal sealed class ParameterNames
{
    /// <summary>Bytes of <c>utm_</c>, which only counts with something behind it.</summary>
    private const int UtmLength = 4;

    private readonly bool _dropsTracking;
    private readonly NameTable _drop;
    private readonly NameTable _keep;
    private readonly NameTable _dropSomewhere;
    private readonly Dictionary<byte[], Site>.AlternateLookup<ReadOnlySpan<byte>> _sites;

    public ParameterNames(CanonicalizationRules rules)
    {
        _dropsTracking = rules.DropTracking;
        _drop = new NameTable(rules.DropTracking ? [.. TrackingParameters.Everywhere, .. rules.DropParams] : rules.DropParams);
        _keep = new NameTable(rules.KeepParams);

        var builtIn = rules.DropTracking ? TrackingParameters.OnSites.SelectMany(list => list.Domains.Select(domain => (Domain: domain, list.Names))) : [];
        var dropped = builtIn.Concat(rules.Sites.Select(site => (Domain: site.Key, Names: (IReadOnlyList<string>)site.Value.DropParams)))
            .ToLookup(site => site.Domain, site => site.Names, StringComparer.OrdinalIgnoreCase);
        _dropSomewhere = new NameTable(dropped.SelectMany(site => site).SelectMany(names => names));
        var sites = new Dictionary<byte[], Site>(BytesComparer.Instance);
        foreach (var domain in dropped.Select(site => site.Key).Concat(rules.Sites.Keys).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var kept = rules.Sites.FirstOrDefault(site => string.Equals(site.Key, domain, StringComparison.OrdinalIgnoreCase)).Value?.KeepParams ?? [];
            sites[Encoding.ASCII.GetBytes(domain.ToLowerInvariant())] = new Site(new NameTable(dropped[domain].SelectMany(names => names)), new NameTable(kept));
        }

        _sites = sites.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Whether a parameter goes; the name is in its one spelling already.</summary>
    /// <param name="name">Without the equals sign.</param>
    /// <param name="host">In its one spelling, without a port.</param>
    public bool Drops(ReadOnlySpan<byte> name, ReadOnlySpan<byte> host)
    {
        var isDropped = _drop.Contains(name) || (_dropsTracking && IsUtm(name));
        if (!isDropped && !_dropSomewhere.Contains(name))
            return false;

        for (var domain = host; _sites.Dictionary.Count > 0;)
        {
            if (_sites.TryGetValue(domain, out var site))
            {
                if (site.Keep.Contains(name))
                    return false;
                if (site.Drop.Contains(name))
                    return true;
            }

            var dot = domain.IndexOf((byte)'.');
            if (dot < 0)
                break;
            domain = domain[(dot + 1)..];
        }

        return isDropped && !_keep.Contains(name);
    }

    /// <summary>What stands behind the prefix is up to whoever writes the link, so no list has it all.</summary>
    /// <remarks>The bit that tells lower case from upper case makes no other byte of a spelled name the same as one of these.</remarks>
    private static bool IsUtm(ReadOnlySpan<byte> name) =>
        name.Length > UtmLength && (BinaryPrimitives.ReadUInt32BigEndian(name) | 0x20202020) == (BinaryPrimitives.ReadUInt32BigEndian("utm_"u8) | 0x20202020);

    private sealed record Site(NameTable Drop, NameTable Keep);
}
