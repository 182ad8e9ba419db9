namespace Atlas.Pipeline.Buffer;

/// <summary>One host's due items and when it may be asked. Touched only under the buffer's lock.</summary>
internal sealed class HostQueue(string key)
{
    public string Key { get; } = key;

    /// <summary>Items whose due time has come, most urgent first.</summary>
    public PriorityQueue<WorkItem, Rank> Items { get; } = new();

    /// <summary>Taken and not yet finished.</summary>
    public int InFlight { get; set; }

    /// <summary>UTC ticks: not before this moment.</summary>
    public long ReadyAt { get; set; }

    /// <summary>The heap it stands in, if any: its owner's note.</summary>
    public HostHeap? Heap { get; set; }

    /// <summary>Its place in that heap.</summary>
    public int Position { get; set; }

    /// <summary>What that heap sorts by.</summary>
    public Rank Rank { get; set; }
}
