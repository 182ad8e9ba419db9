using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>Moves URLs from the append-only queues into <c>work</c>. The writer's thread alone.</summary>
internal sealed class BacklogWriter
{
    private readonly SqlStatement[] _read = new SqlStatement[PriorityClasses.Count];
    private readonly SqlStatement[] _unfinished = new SqlStatement[PriorityClasses.Count];
    private readonly long[] _cursors = new long[PriorityClasses.Count];

    // Of each class, what lies between the two was taken by earlier runs and not handed out yet in this one.
    private readonly long[] _unfinishedFrom = new long[PriorityClasses.Count];
    private readonly long[] _lastUnfinished = new long[PriorityClasses.Count];

    /// <summary>The next row of each class while one command merges them.</summary>
    private readonly WorkItem?[] _heads = new WorkItem?[PriorityClasses.Count];

    private readonly SqlStatement _take;
    private readonly SqlStatement _move;
    private readonly BooksCounter _books;
    private readonly Sources _sources;

    public BacklogWriter(SqlConnection connection, BooksCounter books, Sources sources)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            _read[priority] = connection.Prepare($"SELECT {QueueRow.Columns} FROM {queue} q WHERE q.seq > ?1 ORDER BY q.seq LIMIT ?2");
            _unfinished[priority] = connection.Prepare($"SELECT {QueueRow.TakenColumns} FROM {QueueRow.TakenFrom(queue)} WHERE w.class = {priority} AND w.seq > ?1 AND w.seq <= ?2 ORDER BY w.seq LIMIT ?3");
            _cursors[priority] = _lastUnfinished[priority] = connection.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT seq FROM cursors WHERE class = {priority}"));
        }

        _take = connection.Prepare("INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch) VALUES(?1, ?2, 'queued', 0, 0, 0, 0, 0)");
        _move = connection.Prepare("UPDATE cursors SET seq = ?2 WHERE class = ?1");
        _books = books;
        _sources = sources;
    }

    /// <summary>The most urgent of the backlog: each class in the order of admission, the classes merged by how long their first rows have waited.</summary>
    /// <param name="most">Items, from 1.</param>
    /// <param name="aging">Waiting time that is worth one class.</param>
    public IReadOnlyList<WorkItem> Take(int most, TimeSpan aging)
    {
        var items = new List<WorkItem>();
        try
        {
            for (var priority = 0; priority < PriorityClasses.Count; priority++)
            {
                _read[priority].Bind(1, _cursors[priority]).Bind(2, most);
                Next(priority);
            }

            while (items.Count < most && MostUrgent(aging) is { } first)
            {
                items.Add(_heads[first]!);
                Next(first);
            }
        }
        finally
        {
            foreach (var read in _read)
                read.Reset();
        }

        var last = new long[PriorityClasses.Count];
        foreach (var item in items)
        {
            _take.Bind(1, item.Sequence).Bind(2, (int)item.Priority).Run();
            last[(int)item.Priority] = item.Sequence;
        }

        for (var priority = 0; priority < last.Length; priority++)
        {
            if (last[priority] == 0)
                continue;
            _cursors[priority] = last[priority];
            _move.Bind(1, priority).Bind(2, last[priority]).Run();
        }

        _books.Add(Tally.Backlog, -items.Count);
        return items;
    }

    /// <summary>The next of what earlier runs left in <c>work</c>; none when all was handed out.</summary>
    public IReadOnlyList<WorkItem> Unfinished(int most)
    {
        var items = new List<WorkItem>();
        for (var priority = 0; priority < PriorityClasses.Count && items.Count < most; priority++)
        {
            var before = items.Count;
            var read = _unfinished[priority].Bind(1, _unfinishedFrom[priority]).Bind(2, _lastUnfinished[priority]).Bind(3, most - before);
            while (read.Step())
                items.Add(QueueRow.Taken(read, (PriorityClass)priority, _sources));
            read.Reset();
            _unfinishedFrom[priority] = items.Count < most ? _lastUnfinished[priority] : items[^1].Sequence;
        }

        return items;
    }

    private void Next(int priority) =>
        _heads[priority] = _read[priority].Step() ? QueueRow.Fresh(_read[priority], (PriorityClass)priority, _sources) : null;

    /// <summary>The class whose next row goes first; null when there is none. At equal urgency the more urgent class.</summary>
    private int? MostUrgent(TimeSpan aging)
    {
        (int? First, DateTimeOffset Urgency) best = (null, DateTimeOffset.MaxValue);
        for (var priority = 0; priority < _heads.Length; priority++)
        {
            if (_heads[priority] is { } head && head.AdmittedAt + (aging * priority) is var urgency && urgency < best.Urgency)
                best = (priority, urgency);
        }

        return best.First;
    }
}
