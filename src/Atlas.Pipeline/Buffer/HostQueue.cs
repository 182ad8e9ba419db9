using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Buffer;

/// <summary>One host's items. Touched only under the buffer's lock.</summary>
/// <param name="state">When it may be asked; held as long as this is.</param>
/// <param name="memory">What the numbers of all hosts take.</param>
internal sealed class HostQueue(HostState state, NumberedRows.Memory memory)
{
    public HostState State { get; } = state;

    /// <summary>Held items whose due time has come, the most urgent first.</summary>
    public PriorityQueue<WorkItem, Rank> Items { get; } = new();

    /// <summary>Those of which only the number is held, the most urgent first.</summary>
    public NumberedRows Rows { get; } = new(memory);

    /// <summary>Those whose due time has not come.</summary>
    public int NotDue { get; set; }

    /// <summary>Rows that are being read again.</summary>
    public int Recalled { get; set; }

    /// <summary>Whether anything of it is due.</summary>
    public bool HasDue => Items.Count > 0 || Rows.Count > 0;

    /// <summary>Whether its most urgent due item is held by number.</summary>
    public bool HasRowFirst => Rows.TryPeek(out _, out var row) && !(Items.TryPeek(out _, out var item) && item.CompareTo(row) < 0);

    public Rank FirstRow => Rows.TryPeek(out _, out var row) ? row : throw new InvalidOperationException("No row.");

    public Rank FirstItem => Items.TryPeek(out _, out var item) ? item : throw new InvalidOperationException("No item.");

    /// <summary>Whether it has nothing to do with us now.</summary>
    public bool IsIdle => !HasDue && NotDue == 0 && Recalled == 0 && State.InFlight == 0;

    /// <summary>The heap it stands in, if any: its owner's note.</summary>
    public HostHeap? Heap { get; set; }

    /// <summary>Its place in that heap.</summary>
    public int Position { get; set; }

    /// <summary>What that heap sorts by.</summary>
    public Rank Rank { get; set; }
}
