using System.Diagnostics.CodeAnalysis;
using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Buffer;

/// <summary>The bounded face of the ledger's queue: which item is fetched next, and when.</summary>
/// <remarks>
/// Invariant: an item that may be fetched now is offered if and only if one is held, and nothing starves: of the hosts that may be asked, the one with the most urgent item
/// goes first, and waiting makes urgent (<see cref="Rank"/>). An item may be fetched when its due time has come and <see cref="HostGate"/> says that its host may be asked.
/// Of what does not fit, or would be more than its host's share, or is not due, only the number is held: it is read again when it is its host's next (<see cref="Recall"/>).
/// So every item taken from the backlog is in here, however many there are, and a host with very many of them costs the others nothing.
/// Every operation but the rare <see cref="MakeRoom"/> is O(log n) amortized. Any thread may call; one lock covers all fields.
/// A host with due items is in <c>_offerable</c>; or in <c>_starving</c>, if its next one is held by number; in <c>_waiting</c> until it may be asked, or shortly before if something has to be read first;
/// in <c>_busy</c> while only an end can make it askable, or something is being read; in <c>_givenUp</c> when it has been down for so long that nothing waits for it any more.
/// </remarks>
/// <param name="options">Sizes and order.</param>
/// <param name="hosts">When a host may be asked. Nobody else uses it.</param>
/// <param name="time">The present.</param>
internal sealed partial class PriorityBuffer(BufferOptions options, HostGate hosts, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HostQueue> _hosts = new(StringComparer.Ordinal);
    private readonly HostHeap _offerable = new();
    private readonly HostHeap _waiting = new();
    private readonly HostHeap _busy = new();
    private readonly HostHeap _starving = new();
    private readonly HostHeap _givenUp = new();
    private readonly PriorityQueue<NotDueYet, (long Due, long Sequence)> _notDue = new();
    private int _count;

    public int Capacity => options.Capacity;

    /// <summary>Items held, due or not; those in flight are not in it, nor those held by number.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Hosts that have items waiting or in flight.</summary>
    public int HostsKnown
    {
        get
        {
            lock (_gate)
                return _hosts.Count;
        }
    }

    /// <summary>The earliest moment at which something may become offerable by itself, now if something is; null if only an addition or an end can change that.</summary>
    public DateTimeOffset? NextChange
    {
        get
        {
            lock (_gate)
            {
                var now = Advance_Locked();
                if (_offerable.Count > 0 || _givenUp.Count > 0 || (_starving.Count > 0 && Room_Locked > 0))
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

    /// <summary>The most urgent item that may be fetched now. It has one of its host's slots until <see cref="Ended"/> or <see cref="PutBack"/>.</summary>
    public bool TryTake([NotNullWhen(true)] out WorkItem? item)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            while (_offerable.Count > 0)
            {
                var host = _offerable.First;
                item = host.Items.Dequeue();
                _count--;
                var mayGo = hosts.TryTake(host.State, isRetry: item.Attempt > 0 || item.Deferrals > 0, now, out var again);
                if (!mayGo)
                    PutOff_Locked(host, item, again);
                File_Locked(host, now);
                if (!mayGo)
                    continue;

                (item.HoldsSlot, item.SentAt, item.IsAnswered) = (true, 0, false);
                return true;
            }

            item = null;
            return false;
        }
    }

    /// <summary>The request of an item that was taken is being sent.</summary>
    public void Sending(WorkItem item)
    {
        if (item.SentAt == 0)
            item.SentAt = time.GetUtcNow().UtcTicks;
    }

    /// <summary>The request of an item that was taken has come to its host, as the head of the answer shows: the host's delay begins.</summary>
    /// <remarks>When it was sent says little: between that and its coming lies the making of a connection, or none, so that two requests sent apart could come together.</remarks>
    public void Answered(WorkItem item)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            if (!item.HoldsSlot || item.IsAnswered)
                return;
            var host = _hosts[item.HostKey];
            item.IsAnswered = true;
            HostGate.Sent(host.State, now);
            var asked = host.State.CrawlDelayMs;
            HostGate.AsksFor(host.State, item.CrawlDelay);
            if (host.State.CrawlDelayMs != asked || hosts.NextAt(host.State) is var next && next != long.MaxValue && next - now > LongDelay)
                Note_Locked(host.State);
            File_Locked(host, now);
        }
    }

    /// <summary>Frees the slot of an item that was taken, if it has one still.</summary>
    /// <param name="item">The item.</param>
    /// <param name="outcome">What it says of its host.</param>
    public void Ended(WorkItem item, HostOutcome outcome)
    {
        lock (_gate)
            End_Locked(item, outcome, Advance_Locked());
    }

    /// <summary>Frees the slot of an item that was taken, and holds the item again until its <see cref="WorkItem.DueAt"/>.</summary>
    public void PutBack(WorkItem item, HostOutcome outcome)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            Add_Locked(item, now);
            End_Locked(item, outcome, now);
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
        return now;
    }

    private void Add_Locked(WorkItem item, long now)
    {
        var host = HostOf_Locked(item.HostKey, now);
        if (item.DueAt.UtcTicks > now)
            PutOff_Locked(host, item, item.DueAt.UtcTicks);
        else
            Queue_Locked(host, item);
        File_Locked(host, now);
    }

    private void End_Locked(WorkItem item, HostOutcome outcome, long now)
    {
        if (!item.HoldsSlot)
            return;
        item.HoldsSlot = false;
        var host = _hosts[item.HostKey];
        var wasSent = item.SentAt != 0;
        if (wasSent && !item.IsAnswered)
            HostGate.Sent(host.State, now);
        if (hosts.Ended(host.State, outcome, wasSent ? TimeSpan.FromTicks(now - item.SentAt) : null, wasSent, now) != BreakerChange.None)
            Note_Locked(host.State);
        File_Locked(host, now);
    }

    private HostQueue HostOf_Locked(string key, long now)
    {
        if (!_hosts.TryGetValue(key, out var host))
            _hosts.Add(key, host = new HostQueue(hosts.Hosts.Hold(key, now), _numbers));
        return host;
    }

    /// <summary>Puts a host where it belongs after any change to it.</summary>
    private void File_Locked(HostQueue host, long now)
    {
        host.Heap?.Remove(host);
        if (host.HasDue)
        {
            var next = hosts.NextAt(host.State);
            if (host.Recalled > 0)
                _busy.Add(host, default);
            else if (hosts.GivesUp(host.State, now))
                _givenUp.Add(host, default);
            else if (next == long.MaxValue)
                _busy.Add(host, default);
            else if (host.HasRowFirst && next - Soon <= now)
                _starving.Add(host, host.FirstRow);
            else if (next > now)
                _waiting.Add(host, At(host.HasRowFirst ? next - Soon : next));
            else
                _offerable.Add(host, Leaning(host, now));
        }
        else if (host.IsIdle)
        {
            _hosts.Remove(host.State.Key);
            hosts.Hosts.Release(host.State, now);
        }
    }

    /// <summary>A host that fails whenever it is asked goes one level lower, and rises again as it delivers.</summary>
    private Rank Leaning(HostQueue host, long now)
    {
        var rank = host.FirstItem;
        return rank with { Urgency = rank.Urgency - (long)(hosts.Standing(host.State, now) * options.Aging.Ticks) };
    }

    private static Rank At(long moment) => new(moment, 0, 0);
}
