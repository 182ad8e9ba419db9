using System.Text;

namespace Atlas.Urls;

/// <summary>Parameter names by domain; a domain stands for its subdomains too. Any thread may ask.</summary>
internal sealed class SiteTable
{
    private readonly NameTable _anywhere;
    private readonly Dictionary<byte[], NameTable>.AlternateLookup<ReadOnlySpan<byte>> _byDomain;

    public SiteTable(IEnumerable<(string Domain, IReadOnlyList<string> Names)> sites)
    {
        var byDomain = new Dictionary<byte[], NameTable>(BytesComparer.Instance);
        var lists = sites.ToLookup(site => site.Domain.ToLowerInvariant(), site => site.Names, StringComparer.Ordinal);
        foreach (var domain in lists)
            byDomain[Encoding.UTF8.GetBytes(domain.Key)] = new NameTable(domain.SelectMany(names => names));
        _anywhere = new NameTable(lists.SelectMany(domain => domain).SelectMany(names => names));
        _byDomain = byDomain.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Whether the name is listed for the host or a domain above it. Names that no site has cost next to nothing.</summary>
    public bool Contains(ReadOnlySpan<byte> name, ReadOnlySpan<byte> host)
    {
        if (!_anywhere.Contains(name))
            return false;

        for (var domain = host; ;)
        {
            if (_byDomain.TryGetValue(domain, out var names) && names.Contains(name))
                return true;
            var dot = domain.IndexOf((byte)'.');
            if (dot < 0)
                return false;
            domain = domain[(dot + 1)..];
        }
    }
}
