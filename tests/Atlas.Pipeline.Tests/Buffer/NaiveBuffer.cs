using Atlas.Pipeline.Buffer;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>What the buffer promises, written down without any cleverness.</summary>
internal sealed class NaiveBuffer(BufferOptions options, HostLimits limits, TimeProvider time)
{
    private readonly List<(WorkItem Item, DateTimeOffset Since)> _held = [];
    private readonly Dictionary<string, DateTimeOffset> _readyAt = [];
    private readonly Dictionary<string, int> _inFlight = [];

    public int Count => _held.Count;

    public bool TryAdd(WorkItem item)
    {
        if (Count >= options.Capacity)
            return false;
        Hold(item);
        return true;
    }

    public WorkItem? TryTake()
    {
        var now = time.GetUtcNow();
        var best = _held
            .Where(held => OfferableAt(held.Item) <= now)
            .OrderBy(held => (double)held.Item.Priority - ((now - held.Since) / options.Aging), new Nearly())
            .ThenBy(held => held.Since)
            .ThenBy(held => held.Item.Sequence)
            .FirstOrDefault();
        if (best.Item is not { } item)
            return null;

        _held.Remove(best);
        _inFlight[item.HostKey] = _inFlight.GetValueOrDefault(item.HostKey) + 1;
        HostWaits(item.HostKey, now + limits.Delay);
        return item;
    }

    public void Finished(WorkItem item) => _inFlight[item.HostKey]--;

    public void PutBack(WorkItem item)
    {
        Finished(item);
        Hold(item);
    }

    public void HostWaits(string host, DateTimeOffset until)
    {
        if (until > _readyAt.GetValueOrDefault(host))
            _readyAt[host] = until;
    }

    /// <summary>When the first of what is held may be taken, if nothing is added or finished meanwhile.</summary>
    public DateTimeOffset? EarliestOffer()
    {
        var moments = _held.Select(held => OfferableAt(held.Item)).Where(moment => moment < DateTimeOffset.MaxValue).ToList();
        return moments.Count == 0 ? null : new[] { moments.Min(), time.GetUtcNow() }.Max();
    }

    private void Hold(WorkItem item)
    {
        var now = time.GetUtcNow();
        _held.Add((item, item.DueAt > now ? item.DueAt : now));
    }

    private DateTimeOffset OfferableAt(WorkItem item)
    {
        if (_inFlight.GetValueOrDefault(item.HostKey) >= limits.Concurrency)
            return DateTimeOffset.MaxValue;
        var ready = _readyAt.GetValueOrDefault(item.HostKey);
        return ready > item.DueAt ? ready : item.DueAt;
    }

    /// <summary>Levels that differ by rounding only are equal.</summary>
    private sealed class Nearly : IComparer<double>
    {
        public int Compare(double x, double y) => Math.Abs(x - y) < 1e-9 ? 0 : x.CompareTo(y);
    }
}
