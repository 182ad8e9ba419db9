namespace Atlas.Pipeline.Buffer;

/// <summary>One host's items and when it may be asked. Touched only under the buffer's lock.</summary>
internal sealed class HostQueue(string key)
{
    public string Key { get; } = key;

    /// <summary>Held items whose due time has come, the most urgent first.</summary>
    public PriorityQueue<WorkItem, Rank> Items { get; } = new();

    /// <summary>Those of which only the number is held, the most urgent first.</summary>
    public PriorityQueue<PriorityClass, Rank> Rows { get; } = new();

    /// <summary>Whether its most urgent due item is held by number.</summary>
    public bool HasRowFirst => Rows.TryPeek(out _, out var row) && !(Items.TryPeek(out _, out var item) && item.CompareTo(row) < 0);

    public Rank FirstRow => Rows.TryPeek(out _, out var row) ? row : throw new InvalidOperationException("No row.");

    public Rank FirstItem => Items.TryPeek(out _, out var item) ? item : throw new InvalidOperationException("No item.");

    /// <summary>Those whose due time has not come.</summary>
    public int NotDue { get; set; }

    /// <summary>Rows that are being read again.</summary>
    public int Recalled { get; set; }

    /// <summary>Taken and not yet finished.</summary>
    public int InFlight { get; set; }

    /// <summary>Of those in flight, the ones whose request has not been sent.</summary>
    public int Unsent { get; set; }

    /// <summary>UTC ticks: not before this moment.</summary>
    public long ReadyAt { get; set; }

    /// <summary>Whether nothing but its wait is to be remembered of it.</summary>
    public bool IsIdle => Items.Count == 0 && Rows.Count == 0 && NotDue == 0 && Recalled == 0 && InFlight == 0;

    /// <summary>The heap it stands in, if any: its owner's note.</summary>
    public HostHeap? Heap { get; set; }

    /// <summary>Its place in that heap.</summary>
    public int Position { get; set; }

    /// <summary>What that heap sorts by.</summary>
    public Rank Rank { get; set; }
}
