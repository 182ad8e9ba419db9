using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>What the buffer promises, written down without any cleverness.</summary>
internal sealed class NaiveBuffer(BufferOptions options, HostsOptions limits, TimeProvider time)
{
    private readonly List<(WorkItem Item, DateTimeOffset Since)> _held = [];
    private readonly Dictionary<string, DateTimeOffset> _readyAt = [];
    private readonly Dictionary<string, int> _inFlight = [];
    private readonly HashSet<WorkItem> _unsent = [];

    public int Count => _held.Count;

    public void Add(WorkItem item) => _held.Add((item, item.DueAt > item.AdmittedAt ? item.DueAt : item.AdmittedAt));

    public WorkItem? TryTake()
    {
        var now = time.GetUtcNow();
        var best = _held
            .Where(held => OfferableAt(held.Item) <= now)
            .OrderBy(held => (double)held.Item.Priority - ((now - held.Since) / options.Aging), new Nearly())
            .ThenBy(held => held.Since)
            .ThenBy(held => held.Item.Sequence)
            .FirstOrDefault();
        if (best.Item is { } item)
            Take(item);
        return best.Item;
    }

    public bool OffersAny => _held.Any(held => OfferableAt(held.Item) <= time.GetUtcNow());

    /// <summary>Takes one that may be fetched now, be it the most urgent or not.</summary>
    public void Take(WorkItem item)
    {
        Assert.True(OfferableAt(item) <= time.GetUtcNow(), $"Item {item.Sequence} is offered too early.");
        _held.RemoveAll(held => ReferenceEquals(held.Item, item));
        _inFlight[item.HostKey] = _inFlight.GetValueOrDefault(item.HostKey) + 1;
        _unsent.Add(item);
    }

    public void Sent(WorkItem item)
    {
        if (_unsent.Remove(item))
            HostWaits(item.HostKey, time.GetUtcNow() + limits.Delay);
    }

    public void Finished(WorkItem item)
    {
        _unsent.Remove(item);
        _inFlight[item.HostKey]--;
    }

    public void PutBack(WorkItem item)
    {
        Finished(item);
        Add(item);
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

    private DateTimeOffset OfferableAt(WorkItem item)
    {
        if (_inFlight.GetValueOrDefault(item.HostKey) >= limits.Concurrency || (limits.Delay > TimeSpan.Zero && _unsent.Any(other => other.HostKey == item.HostKey)))
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
