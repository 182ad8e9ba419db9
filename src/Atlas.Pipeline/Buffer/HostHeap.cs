namespace Atlas.Pipeline.Buffer;

/// <summary>A binary min-heap of hosts that can give up any of them in O(log n), because each host knows its place. A host is in one heap at most.</summary>
internal sealed class HostHeap
{
    private readonly List<HostQueue> _hosts = [];

    public int Count => _hosts.Count;

    public HostQueue First => _hosts[0];

    /// <summary>All of them, the first one first, the others in no order. Not to be changed meanwhile.</summary>
    public IReadOnlyList<HostQueue> All => _hosts;

    public void Add(HostQueue host, Rank rank)
    {
        host.Heap = this;
        host.Rank = rank;
        _hosts.Add(host);
        SiftUp(_hosts.Count - 1, host);
    }

    public void Remove(HostQueue host)
    {
        var hole = host.Position;
        var last = _hosts[^1];
        _hosts.RemoveAt(_hosts.Count - 1);
        host.Heap = null;
        if (ReferenceEquals(last, host))
            return;

        // The last host fills the hole; it may belong above or below.
        if (hole > 0 && last.Rank.CompareTo(_hosts[(hole - 1) / 2].Rank) < 0)
            SiftUp(hole, last);
        else
            SiftDown(hole, last);
    }

    private void SiftUp(int at, HostQueue host)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (host.Rank.CompareTo(_hosts[parent].Rank) >= 0)
                break;
            Place(_hosts[parent], at);
            at = parent;
        }

        Place(host, at);
    }

    private void SiftDown(int at, HostQueue host)
    {
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= _hosts.Count)
                break;
            if (child + 1 < _hosts.Count && _hosts[child + 1].Rank.CompareTo(_hosts[child].Rank) < 0)
                child++;
            if (host.Rank.CompareTo(_hosts[child].Rank) <= 0)
                break;
            Place(_hosts[child], at);
            at = child;
        }

        Place(host, at);
    }

    private void Place(HostQueue host, int at)
    {
        _hosts[at] = host;
        host.Position = at;
    }
}
