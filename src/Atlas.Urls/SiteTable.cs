using System.Text;

namespace Atlas.Urls;

/// <summary>The lists of parameter names by domain; a domain stands for its subdomains too. Any thread may ask.</summary>
internal sealed class SiteTable
{
    private readonly Dictionary<byte[], NameTable>.AlternateLookup<ReadOnlySpan<byte>> _byDomain;
    private readonly int _longest;

    public SiteTable(IEnumerable<(string Domain, string Name, NameLists Lists)> sites)
    {
        var byDomain = new Dictionary<byte[], NameTable>(BytesComparer.Instance);
        var lists = sites.ToLookup(site => Spell(site.Domain), StringComparer.Ordinal);
        foreach (var domain in lists)
        {
            // With the names of the domains above it, so that a host has one table at most.
            var names = DomainsOf(domain.Key).SelectMany(above => lists[above]).Select(site => (site.Name, site.Lists));
            byDomain[Encoding.UTF8.GetBytes(domain.Key)] = new NameTable(names);
        }

        _byDomain = byDomain.GetAlternateLookup<ReadOnlySpan<byte>>();
        _longest = byDomain.Count == 0 ? -1 : byDomain.Keys.Max(domain => domain.Length);
    }

    /// <summary>The table of the host or of the domain above it that comes nearest; null if no site has one.</summary>
    public NameTable? Find(ReadOnlySpan<byte> host)
    {
        while (host.Length > _longest)
        {
            // A domain starts behind a dot, so the first that can be short enough does.
            var start = Math.Max(0, host.Length - _longest - 1);
            var dot = host[start..].IndexOf((byte)'.');
            if (dot < 0)
                return null;
            host = host[(start + dot + 1)..];
        }

        while (true)
        {
            if (_byDomain.TryGetValue(host, out var names))
                return names;
            var dot = host.IndexOf((byte)'.');
            if (dot < 0)
                return null;
            host = host[(dot + 1)..];
        }
    }

    /// <summary>The domain as hosts are written; as it stands if no host can be called so.</summary>
    private static string Spell(string domain)
    {
        var bytes = Encoding.UTF8.GetBytes(domain);
        var to = new byte[3 * bytes.Length + 64];
        var length = Host.Write(bytes, to);
        return length > 0 ? Encoding.ASCII.GetString(to, 0, length) : domain;
    }

    private static IEnumerable<string> DomainsOf(string host)
    {
        for (var start = 0; ;)
        {
            yield return host[start..];
            var dot = host.IndexOf('.', start);
            if (dot < 0)
                yield break;
            start = dot + 1;
        }
    }
}
