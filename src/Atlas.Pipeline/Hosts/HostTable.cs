namespace Atlas.Pipeline.Hosts;

/// <summary>The hosts that are remembered, at most so many. Finding one that is known allocates nothing.</summary>
/// <remarks>
/// Who is forgotten when there is no room: of the hosts at rest the one used least recently; if none is at rest, the one whose time is over first, as least is lost with it. A host at rest has no
/// work, and nothing forbids asking it: its delay, its wait and the time of its breaker are over. A host that somebody holds is never forgotten: so the table exceeds its bound while more hosts than
/// that have work, and shrinks again as they are released.
/// Every operation is O(log n) amortized. Not for two threads at a time.
/// </remarks>
/// <param name="options">How many are remembered.</param>
/// <param name="politeness">When a host's time is over.</param>
/// <param name="held">Hosts, without or with their port, that an operator holds back.</param>
internal sealed class HostTable(HostsOptions options, PolitenessClock politeness, IReadOnlySet<string>? held = null)
{
    private readonly Dictionary<string, HostState> _byKey = new(StringComparer.Ordinal);

    /// <summary>Hosts that were released before their time was over, by when it is: at least those that are not held and not at rest, each once.</summary>
    private readonly PriorityQueue<HostState, long> _awaited = new();

    private HostState? _newest;
    private HostState? _oldest;

    public int Count => _byKey.Count;

    /// <summary>Whether anything is remembered of a host. Asking does not make it used.</summary>
    public bool Knows(string key) => _byKey.ContainsKey(key);

    /// <summary>The host, known or new, and kept until it is released as often as it was held.</summary>
    /// <param name="key">Host and, unless default, port.</param>
    /// <param name="now">UTC ticks.</param>
    public HostState Hold(string key, long now)
    {
        if (!_byKey.TryGetValue(key, out var host))
        {
            var forgotten = Forget(options.MostHosts - 1, now);
            if (forgotten is null)
                host = new HostState(key);
            else
                (host = forgotten).Become(key);
            host.IsHeld = held is { Count: > 0 } && (held.Contains(key) || held.Contains(HostOf(key)));
            _byKey.Add(key, host);
        }

        if (host.IsAtRest)
            Unlink(host);
        host.Holds++;
        return host;
    }

    /// <summary>Ends one hold.</summary>
    public void Release(HostState host, long now)
    {
        if (--host.Holds > 0)
            return;
        File(host, now);
        Forget(options.MostHosts, now);
    }

    /// <summary>What should be written down of the hosts known: those whose next start must not begin with a blank page.</summary>
    public IEnumerable<HostRecord> Records(long now) =>
        _byKey.Values.Where(host => HostRecords.IsWorthKeeping(host, now)).Select(HostRecords.Of);

    /// <summary>Takes in what was written down of a host; what is known of it already is replaced. A record that no run can have written is cut down to what one can.</summary>
    public void Restore(in HostRecord record, long now)
    {
        var host = Hold(record.Key, now);
        record.CopyTo(host, options, now);
        Release(host, now);
    }

    /// <summary>Forgets hosts until no more are left than that, or none that may be forgotten. The last one's object, to be used again.</summary>
    private HostState? Forget(int most, long now)
    {
        HostState? forgotten = null;
        while (_byKey.Count > most && LeastLoss(now) is { } host)
        {
            _byKey.Remove(host.Key);
            forgotten = host;
        }

        return forgotten;
    }

    private HostState? LeastLoss(long now)
    {
        while (_awaited.TryPeek(out var host, out var until) && (until <= now || _oldest is null))
        {
            _awaited.Dequeue();
            host.IsAwaited = false;
            if (host.Holds > 0)
                continue;

            // It may have got another wait since it was filed.
            if (until > now && RememberedUntil(host) <= until)
                return host;
            File(host, now);
        }

        if (_oldest is { } oldest)
            Unlink(oldest);
        else
            return null;
        return oldest;
    }

    /// <summary>Puts a host that nobody holds among those at rest, or among those whose time is not over.</summary>
    private void File(HostState host, long now)
    {
        if (host.IsAwaited)
            return;
        if (RememberedUntil(host) is var until && until > now)
        {
            host.IsAwaited = true;
            _awaited.Enqueue(host, until);
            return;
        }

        host.IsAtRest = true;
        (host.Newer, host.Older) = (null, _newest);
        if (_newest is null)
            _oldest = host;
        else
            _newest.Newer = host;
        _newest = host;
    }

    private void Unlink(HostState host)
    {
        if (host.Newer is null)
            _newest = host.Older;
        else
            host.Newer.Older = host.Older;
        if (host.Older is null)
            _oldest = host.Newer;
        else
            host.Older.Newer = host.Newer;
        (host.IsAtRest, host.Newer, host.Older) = (false, null, null);
    }

    private static string HostOf(string key) => key.LastIndexOf(':') is > 0 and var colon && !key.EndsWith(']') ? key[..colon] : key;

    private long RememberedUntil(HostState host) => Math.Max(politeness.RestsUntil(host), host.OpenUntil);
}
