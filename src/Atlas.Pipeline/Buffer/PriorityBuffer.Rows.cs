using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>What is held by number: which items, and when they are read again.</summary>
internal sealed partial class PriorityBuffer
{
    /// <summary>Ticks: what may be fetched within this time is worth holding.</summary>
    private const long Soon = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Ticks: after it has found nothing to let go of, <see cref="MakeRoom"/> does not look again for so long.</summary>
    private const long LookAgainAfter = TimeSpan.TicksPerSecond / 10;

    private readonly NumberedRows.Memory _numbers = new();
    private int _remembered;
    private int _recalled;
    private long _lookAgainAt;

    /// <summary>Items held by number, due or not.</summary>
    public int Remembered => Volatile.Read(ref _remembered);

    /// <summary>Bytes that these take.</summary>
    public long RememberedBytes
    {
        get
        {
            lock (_gate)
                return _numbers.Bytes + ((long)_notDue.Count * NumberedRows.BytesOfLoose);
        }
    }

    /// <summary>Items that may be added and held as they are.</summary>
    public int Room
    {
        get
        {
            lock (_gate)
                return Math.Max(0, Room_Locked);
        }
    }

    /// <summary>Names rows of hosts that may be asked, or soon, and of which nothing but numbers is held. Each of them is given to <see cref="Restore"/> afterwards.</summary>
    /// <param name="most">Rows, from 1.</param>
    public List<TakenRow> Recall(int most)
    {
        var rows = new List<TakenRow>();
        lock (_gate)
        {
            var now = Advance_Locked();
            while (rows.Count < most && _starving.Count > 0)
            {
                var host = _starving.First;
                if (Room_Locked <= 0 && host.Items.Count > 0)
                    LetGo_Locked(host, keepsFirst: false);
                if (Room_Locked <= 0 && (_offerable.Count > 0 || !MakeRoom_Locked(now)))
                    break;

                // Every starving host gets something before one gets much.
                var share = Math.Clamp(Room_Locked / _starving.Count, 1, options.PerHostCapacity);
                for (var left = Math.Min(share, most - rows.Count); left > 0 && host.HasRowFirst; left--)
                {
                    host.Rows.TryDequeue(out var priority, out var rank);
                    rows.Add(new TakenRow(rank.Sequence, priority));
                    host.Recalled++;
                    _recalled++;
                    _remembered--;
                }

                File_Locked(host, now);
            }
        }

        return rows;
    }

    /// <summary>Takes back what was named by <see cref="Recall"/>.</summary>
    public void Restore(IReadOnlyList<WorkItem> items)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            foreach (var item in items)
            {
                var host = _hosts[item.HostKey];
                host.Recalled--;
                _recalled--;
                Hold_Locked(host, item, Rank.Of(item, options.Aging));
                File_Locked(host, now);
            }
        }
    }

    /// <summary>Holds by number what its host cannot be asked for soon, when nothing that is held may be fetched now; false if there is nothing to be gained.</summary>
    public bool MakeRoom()
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            return _offerable.Count == 0 && MakeRoom_Locked(now);
        }
    }

    /// <summary>Of a host that waits for long nothing is kept, of one that waits a moment or has its slots taken the most urgent item.</summary>
    private bool MakeRoom_Locked(long now)
    {
        // Hosts that keep one item each, and were looked at a moment ago for long waits, have nothing to give.
        if (now < _lookAgainAt && _count <= _waiting.Count + _busy.Count)
            return false;

        var before = _count;
        foreach (var host in _waiting.All.Concat(_busy.All).Where(host => host.Items.Count > 0).ToList())
        {
            var keepsFirst = hosts.NextAt(host.State) is var next && (next == long.MaxValue || next - (2 * Soon) <= now);
            if (keepsFirst && host.Items.Count == 1)
                continue;
            LetGo_Locked(host, keepsFirst);
            File_Locked(host, now);
        }

        if (_count == before)
            _lookAgainAt = now + LookAgainAfter;
        return _count < before;
    }

    /// <summary>Holds the items of a host by number, all or all but the most urgent.</summary>
    private void LetGo_Locked(HostQueue host, bool keepsFirst)
    {
        host.Items.TryPeek(out var first, out var best);
        _count -= host.Items.Count;
        foreach (var (item, rank) in host.Items.UnorderedItems)
        {
            if (!keepsFirst || !ReferenceEquals(item, first))
                Remember_Locked(host, item.Priority, rank);
        }

        host.Items.Clear();
        if (keepsFirst)
            Hold_Locked(host, first!, best);
    }

    /// <summary>Holds a due item as it is, if there is room, its host has not its share, and none that is held by number goes before it.</summary>
    private void Queue_Locked(HostQueue host, WorkItem item)
    {
        var rank = Rank.Of(item, options.Aging);
        if (Room_Locked > 0 && host.Items.Count < options.PerHostCapacity && !(host.Rows.TryPeek(out _, out var row) && row.CompareTo(rank) < 0))
            Hold_Locked(host, item, rank);
        else
            Remember_Locked(host, item.Priority, rank);
    }

    private void Remember_Locked(HostQueue host, PriorityClass priority, Rank rank)
    {
        host.Rows.Enqueue(priority, rank);
        _remembered++;
    }

    private void Hold_Locked(HostQueue host, WorkItem item, Rank rank)
    {
        host.Items.Enqueue(item, rank);
        _count++;
    }

    private void PutOff_Locked(HostQueue host, WorkItem item, long until)
    {
        _notDue.Enqueue(new NotDueYet(host, item.Priority), (until, item.Sequence));
        host.NotDue++;
        _remembered++;
    }

    /// <summary>An item whose due time has not come: only its number is held.</summary>
    /// <param name="Host">Whose it is.</param>
    /// <param name="Priority">Whose queue of the ledger it stands in.</param>
    private readonly record struct NotDueYet(HostQueue Host, PriorityClass Priority);
}
