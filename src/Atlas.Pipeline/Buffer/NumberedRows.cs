namespace Atlas.Pipeline.Buffer;

/// <summary>Items of one host of which only the number is held, the most urgent first. Those that came in the order of admission, as they do from the backlog, take two or three bytes each.</summary>
/// <remarks>
/// A heap of the loose ones, and for each level a run of packed ones. Those of a run come one after the other by their rank, so the heap has only the first of each.
/// A run is begun when more than <see cref="Loose"/> are held: most hosts never have one. Not for two threads at a time.
/// </remarks>
/// <param name="memory">What all hosts' rows take together.</param>
internal sealed class NumberedRows(NumberedRows.Memory memory)
{
    /// <summary>Bytes of one that is not packed.</summary>
    public const int BytesOfLoose = 32;

    private const int Loose = 64;

    private readonly PriorityQueue<Row, Rank> _heap = new();
    private RankRun?[]? _runs;
    private int _packed;

    public int Count => _heap.Count + _packed;

    public void Enqueue(PriorityClass priority, Rank rank)
    {
        if (_heap.Count > Loose)
        {
            ref var run = ref (_runs ??= new RankRun[PriorityClasses.Count])[(int)priority];
            if (run is null)
            {
                run = new RankRun(rank);
                Push(new Row(priority, IsFirstOfRun: true), rank);
                return;
            }

            var before = run.Bytes;
            if (run.TryAppend(rank))
            {
                _packed++;
                memory.Bytes += run.Bytes - before;
                return;
            }
        }

        Push(new Row(priority, IsFirstOfRun: false), rank);
    }

    public bool TryPeek(out PriorityClass priority, out Rank rank)
    {
        var any = _heap.TryPeek(out var row, out rank);
        priority = row.Priority;
        return any;
    }

    public bool TryDequeue(out PriorityClass priority, out Rank rank)
    {
        if (!_heap.TryDequeue(out var row, out rank))
        {
            priority = default;
            return false;
        }

        memory.Bytes -= BytesOfLoose;
        priority = row.Priority;
        if (row.IsFirstOfRun)
            Follow(priority);
        return true;
    }

    /// <summary>The next of a run takes the place in the heap of the one that has left it.</summary>
    private void Follow(PriorityClass priority)
    {
        ref var run = ref _runs![(int)priority];
        var before = run!.Bytes;
        if (run.TryTake(out var next))
        {
            _packed--;
            memory.Bytes += run.Bytes - before;
            Push(new Row(priority, IsFirstOfRun: true), next);
        }
        else
        {
            memory.Bytes -= before;
            run = null;
        }
    }

    private void Push(Row row, Rank rank)
    {
        _heap.Enqueue(row, rank);
        memory.Bytes += BytesOfLoose;
    }

    /// <summary>A sum that many share; under the lock of who owns them.</summary>
    internal sealed class Memory
    {
        public long Bytes { get; set; }
    }

    private readonly record struct Row(PriorityClass Priority, bool IsFirstOfRun);
}
