using System.Diagnostics.CodeAnalysis;

namespace Atlas.Pipeline.Buffer;

/// <summary>The bounded face of the ledger's queue: which item is fetched next, and when.</summary>
/// <remarks>
/// Invariant: an item that may be fetched now is offered if and only if one is held, and nothing starves: of the hosts that may be asked, the one with the most urgent item
/// goes first, and waiting makes urgent (<see cref="Rank"/>). An item may be fetched when its due time has come, its host has a free slot, and the host's delay and wait are over.
/// Of what does not fit, or would be more than its host's share, or is not due, only the number is held: it is read again when it is its host's next (<see cref="Recall"/>).
/// So every item taken from the backlog is in here, however many there are, and a host with very many of them costs the others nothing.
/// Every operation but the rare <see cref="MakeRoom"/> is O(log n) amortized. Any thread may call; one lock covers all fields.
/// A host with due items is in <c>_offerable</c>; or in <c>_starving</c>, if its next one is held by number; in <c>_waiting</c> until it may be asked, or shortly before if something has to be read first; in <c>_busy</c> while its slots are taken or something is being read.
/// An idle host is kept in <c>_resting</c> until its wait is over and then forgotten, so the table of hosts does not grow for ever.
/// </remarks>
internal sealed partial class PriorityBuffer(BufferOptions options, HostLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HostQueue> _hosts = new(StringComparer.Ordinal);
    private readonly HostHeap _offerable = new();
    private readonly HostHeap _waiting = new();
    private readonly HostHeap _busy = new();
    private readonly HostHeap _starving = new();
    private readonly HostHeap _resting = new();
    private readonly PriorityQueue<NotDueYet, (long Due, long Sequence)> _notDue = new();
    private int _count;

    public int Capacity => options.Capacity;

    /// <summary>Items held, due or not; those in flight are not in it, nor those held by number.</summary>
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
                if (_offerable.Count > 0 || (_starving.Count > 0 && Room_Locked > 0))
                    return new DateTimeOffset(now, TimeSpan.Zero);

                var next = _waiting.Count > 0 ? _waiting.First.Rank.Urgency : long.MaxValue;
                if (_notDue.TryPeek(out _, out var first))
                    next = Math.Min(next, first.Due);
                return next == long.MaxValue ? null : new DateTimeOffset(next, TimeSpan.Zero);
            }
        }
    }

    private int Room_Locked => options.Capacity - _count - _recalled;

    /// <summary>Takes an item in: as it is where there is room, by its number otherwise.</summary>
    public void Add(WorkItem item)
    {
        lock (_gate)
            Add_Locked(item, Advance_Locked());
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
            item.AwaitsSending = true;
            _count--;
            host.InFlight++;
            host.Unsent++;
            File_Locked(host, now);
            return true;
        }
    }

    /// <summary>The request of an item that was taken is being sent: the host's delay begins.</summary>
    public void Sent(WorkItem item)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            if (!item.AwaitsSending)
                return;
            var host = _hosts[item.HostKey];
            MarkSent(item, host);
            host.ReadyAt = Math.Max(host.ReadyAt, now + limits.Delay.Ticks);
            File_Locked(host, now);
        }
    }

    /// <summary>Frees the slot of an item that was taken and will not come back.</summary>
    public void Finished(WorkItem item)
    {
        lock (_gate)
            Free_Locked(item, Advance_Locked());
    }

    /// <summary>Frees the slot of an item that was taken and holds the item again, until its <see cref="WorkItem.DueAt"/>.</summary>
    public void PutBack(WorkItem item)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            Add_Locked(item, now);
            Free_Locked(item, now);
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
        while (_notDue.TryPeek(out var waited, out var key) && key.Due <= now)
        {
            _notDue.Dequeue();
            waited.Host.NotDue--;
            waited.Host.Rows.Enqueue(waited.Priority, Rank.Of(key.Sequence, waited.Priority, key.Due, options.Aging));
            File_Locked(waited.Host, now);
        }

        while (_waiting.Count > 0 && _waiting.First.Rank.Urgency <= now)
            File_Locked(_waiting.First, now);
        while (_resting.Count > 0 && _resting.First.Rank.Urgency <= now)
            File_Locked(_resting.First, now);
        return now;
    }

    private void Add_Locked(WorkItem item, long now)
    {
        var host = HostOf_Locked(item.HostKey);
        if (item.DueAt.UtcTicks > now)
            PutOff_Locked(host, item);
        else
            Queue_Locked(host, item);
        File_Locked(host, now);
    }

    private void Free_Locked(WorkItem item, long now)
    {
        var host = _hosts[item.HostKey];
        host.InFlight--;
        if (item.AwaitsSending)
            MarkSent(item, host);
        File_Locked(host, now);
    }

    private static void MarkSent(WorkItem item, HostQueue host)
    {
        item.AwaitsSending = false;
        host.Unsent--;
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
        if (host.HasRowFirst || host.Items.Count > 0)
        {
            if (IsBusy(host) || host.Recalled > 0)
                _busy.Add(host, default);
            else if (host.HasRowFirst && host.ReadyAt - Soon <= now)
                _starving.Add(host, host.FirstRow);
            else if (host.ReadyAt > now)
                _waiting.Add(host, At(host.HasRowFirst ? host.ReadyAt - Soon : host.ReadyAt));
            else
                _offerable.Add(host, host.FirstItem);
        }
        else if (host.IsIdle)
        {
            if (host.ReadyAt > now)
                _resting.Add(host, At(host.ReadyAt));
            else
                _hosts.Remove(host.Key);
        }
    }

    /// <summary>A delay counts from the sending of a request, so that the next one is not taken before.</summary>
    private bool IsBusy(HostQueue host) => host.InFlight >= limits.Concurrency || (host.Unsent > 0 && limits.Delay > TimeSpan.Zero);

    private static Rank At(long moment) => new(moment, 0, 0);
}
