using System.Diagnostics.CodeAnalysis;

namespace Atlas.Pipeline.Buffer;

/// <summary>The bounded face of the ledger's queue: which item is fetched next, and when.</summary>
/// <remarks>
/// Invariant: an item that may be fetched now is offered if and only if one exists, and nothing starves: of the hosts that may be asked, the one with the most urgent item
/// goes first, and waiting makes urgent (<see cref="Rank"/>). An item may be fetched when its due time has come, its host has a free slot, and the host's delay and wait are over.
/// Every operation is O(log n) amortized. Any thread may call; one lock covers all fields.
/// A host with due items is in <c>_offerable</c>, or in <c>_waiting</c> until its time comes, or in no heap while all its slots are taken. An empty host is kept in <c>_resting</c>
/// until its wait is over and then forgotten, so the table of hosts does not grow for ever.
/// </remarks>
internal sealed class PriorityBuffer(BufferOptions options, HostLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HostQueue> _hosts = new(StringComparer.Ordinal);
    private readonly HostHeap _offerable = new();
    private readonly HostHeap _waiting = new();
    private readonly HostHeap _resting = new();
    private readonly PriorityQueue<WorkItem, (long Due, long Sequence)> _notDue = new();
    private int _count;

    public int Capacity => options.Capacity;

    /// <summary>Items held, due or not; those in flight are not in it.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Hosts of which anything is remembered.</summary>
    public int HostsKnown
    {
        get
        {
            lock (_gate)
            {
                Advance_Locked();
                return _hosts.Count;
            }
        }
    }

    /// <summary>The earliest moment at which something may become offerable by itself, now if something is; null if only an addition or a finish can change that.</summary>
    public DateTimeOffset? NextChange
    {
        get
        {
            lock (_gate)
            {
                var now = Advance_Locked();
                if (_offerable.Count > 0)
                    return new DateTimeOffset(now, TimeSpan.Zero);

                var next = _waiting.Count > 0 ? _waiting.First.ReadyAt : long.MaxValue;
                if (_notDue.TryPeek(out _, out var first))
                    next = Math.Min(next, first.Due);
                return next == long.MaxValue ? null : new DateTimeOffset(next, TimeSpan.Zero);
            }
        }
    }

    /// <summary>Takes an item in, unless the buffer is full.</summary>
    public bool TryAdd(WorkItem item)
    {
        lock (_gate)
        {
            if (_count >= options.Capacity)
                return false;
            Add_Locked(item, Advance_Locked());
            return true;
        }
    }

    /// <summary>The most urgent item that may be fetched now. Its host's slot is taken until <see cref="Finished"/> or <see cref="PutBack"/>.</summary>
    public bool TryTake([NotNullWhen(true)] out WorkItem? item)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            if (_offerable.Count == 0)
            {
                item = null;
                return false;
            }

            var host = _offerable.First;
            item = host.Items.Dequeue();
            _count--;
            host.InFlight++;
            host.ReadyAt = Math.Max(host.ReadyAt, now + limits.Delay.Ticks);
            File_Locked(host, now);
            return true;
        }
    }

    /// <summary>Frees the slot of an item that was taken and will not come back.</summary>
    public void Finished(WorkItem item)
    {
        lock (_gate)
            Free_Locked(item, Advance_Locked());
    }

    /// <summary>Frees the slot of an item that was taken and holds the item again, until its <see cref="WorkItem.DueAt"/>. Always finds room: so the count may exceed the capacity, by the number in flight at most.</summary>
    public void PutBack(WorkItem item)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            Free_Locked(item, now);
            Add_Locked(item, now);
        }
    }

    /// <summary>Nothing is asked of this host before that moment. A shorter wait does not end a longer one.</summary>
    public void HostWaits(string hostKey, DateTimeOffset until)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            if (until.UtcTicks <= now)
                return;
            var host = HostOf_Locked(hostKey);
            host.ReadyAt = Math.Max(host.ReadyAt, until.UtcTicks);
            File_Locked(host, now);
        }
    }

    /// <summary>Moves everything whose time has come, and returns the present in UTC ticks.</summary>
    private long Advance_Locked()
    {
        var now = time.GetUtcNow().UtcTicks;
        while (_notDue.TryPeek(out var item, out var key) && key.Due <= now)
        {
            _notDue.Dequeue();
            Queue_Locked(item, key.Due, now);
        }

        while (_waiting.Count > 0 && _waiting.First.ReadyAt <= now)
            File_Locked(_waiting.First, now);
        while (_resting.Count > 0 && _resting.First.ReadyAt <= now)
            File_Locked(_resting.First, now);
        return now;
    }

    private void Add_Locked(WorkItem item, long now)
    {
        _count++;
        if (item.DueAt.UtcTicks > now)
            _notDue.Enqueue(item, (item.DueAt.UtcTicks, item.Sequence));
        else
            Queue_Locked(item, now, now);
    }

    private void Queue_Locked(WorkItem item, long since, long now)
    {
        var host = HostOf_Locked(item.HostKey);
        host.Items.Enqueue(item, Rank.Of(item, since, options.Aging));
        File_Locked(host, now);
    }

    private void Free_Locked(WorkItem item, long now)
    {
        var host = _hosts[item.HostKey];
        host.InFlight--;
        File_Locked(host, now);
    }

    private HostQueue HostOf_Locked(string key)
    {
        if (!_hosts.TryGetValue(key, out var host))
            _hosts.Add(key, host = new HostQueue(key));
        return host;
    }

    /// <summary>Puts a host where it belongs after any change to it.</summary>
    private void File_Locked(HostQueue host, long now)
    {
        host.Heap?.Remove(host);
        if (host.Items.TryPeek(out _, out var best))
        {
            if (host.InFlight >= limits.Concurrency)
                return;
            if (host.ReadyAt > now)
                _waiting.Add(host, ByReadiness(host));
            else
                _offerable.Add(host, best);
        }
        else if (host.InFlight == 0)
        {
            if (host.ReadyAt > now)
                _resting.Add(host, ByReadiness(host));
            else
                _hosts.Remove(host.Key);
        }
    }

    private static Rank ByReadiness(HostQueue host) => new(host.ReadyAt, 0, 0);
}
