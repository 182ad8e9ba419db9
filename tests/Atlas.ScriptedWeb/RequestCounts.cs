using System.Collections.Concurrent;

namespace Atlas.ScriptedWeb;

/// <summary>How often each page was asked for: per host and path with query. Any thread may count.</summary>
public sealed class RequestCounts
{
    private readonly ConcurrentDictionary<string, int> _pages = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (int Version, int Status)> _versions = new(StringComparer.Ordinal);
    private long _total;
    private long _conditional;
    private long _notModified;

    /// <summary>Requests for pages; robots.txt and the counts themselves are left out.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Requests for pages with versions that said what the client has.</summary>
    public long Conditional => Interlocked.Read(ref _conditional);

    /// <summary>Of those, the ones that were answered with 304.</summary>
    public long NotModified => Interlocked.Read(ref _notModified);

    /// <summary>Pages that were asked for at least once.</summary>
    public int Distinct => _pages.Count;

    /// <summary>The requests of the page that was asked for most; 0 if none was.</summary>
    public int MostOfOnePage => _pages.IsEmpty ? 0 : _pages.Values.Max();

    /// <summary>The pages that were asked for, each as host, path and query.</summary>
    public IEnumerable<string> Pages => _pages.Keys;

    /// <summary>Requests of one page.</summary>
    /// <param name="host">As in the Host header, with the port.</param>
    /// <param name="pathAndQuery">As sent.</param>
    public int Of(string host, string pathAndQuery) => _pages.GetValueOrDefault(host + pathAndQuery);

    /// <summary>A page with versions is another one from now on, or has no more than a status.</summary>
    /// <param name="url">Without its scheme.</param>
    /// <param name="version">From 0.</param>
    /// <param name="status">What it is answered with.</param>
    public void Change(string url, int version, int status = 200) => _versions[url] = (version, status);

    internal (int Version, int Status) VersionOf(string url) => _versions.GetValueOrDefault(url, (0, 200));

    internal void AddConditional(bool isConditional, bool isKnown)
    {
        Interlocked.Add(ref _conditional, isConditional ? 1 : 0);
        Interlocked.Add(ref _notModified, isKnown ? 1 : 0);
    }

    /// <summary>Counts one request and says how many it makes of this page.</summary>
    internal int Add(string host, string pathAndQuery)
    {
        Interlocked.Increment(ref _total);
        return _pages.AddOrUpdate(host + pathAndQuery, 1, (_, before) => before + 1);
    }

    public void Reset()
    {
        _pages.Clear();
        Interlocked.Exchange(ref _total, 0);
        Interlocked.Exchange(ref _conditional, 0);
        Interlocked.Exchange(ref _notModified, 0);
    }
}
