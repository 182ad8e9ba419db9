namespace Atlas.Pipeline.Buffer;

/// <summary>The URLs that were leased when the process died, more than once in a row: lets them into the buffer with ever less company of their kind.</summary>
/// <remarks>
/// One of them may be what kills the process; most were only there. A URL lost n times is let in while fewer than <c>fetchers / 2^(n - 1)</c> suspects, and at least one, are out.
/// So with every further crash the guilty one has fewer neighbours, down to none, and those set free of it come to an end of their own. The least suspect go first.
/// <see cref="Add"/> and <see cref="MoveInto"/> are the frontier's loop's alone; any thread may call the rest.
/// </remarks>
internal sealed class Suspects
{
    private readonly PriorityQueue<WorkItem, (int Lost, long Sequence)> _held = new();
    private int _count;
    private int _out;

    /// <summary>Those not let in yet.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Once is no suspicion: every URL that is being fetched when a machine loses its power is lost once.</summary>
    public static bool Is(WorkItem item) => item.Lost > 1;

    public void Add(WorkItem item)
    {
        _held.Enqueue(item, (item.Lost, item.Sequence));
        Volatile.Write(ref _count, _held.Count);
    }

    /// <summary>Lets in whom the rule allows.</summary>
    /// <param name="buffer">Where they go.</param>
    /// <param name="fetchers">URLs that can be fetched at once.</param>
    public void MoveInto(PriorityBuffer buffer, int fetchers)
    {
        while (_held.TryPeek(out var item, out _) && Volatile.Read(ref _out) < Company(item.Lost, fetchers))
        {
            _held.Dequeue();
            buffer.Add(item);
            Interlocked.Increment(ref _out);
        }

        Volatile.Write(ref _count, _held.Count);
    }

    /// <summary>One that was let in has been settled.</summary>
    public void Settled() => Interlocked.Decrement(ref _out);

    /// <summary>Suspects that may be out together with one that was lost so often, itself included.</summary>
    public static int Company(int lost, int fetchers) => Math.Max(1, fetchers >> Math.Min(lost - 1, 30));
}
