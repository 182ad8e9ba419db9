using System.Globalization;
using System.Text;
using Atlas.Urls;

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
    private readonly SqlStatement _take;
    private readonly SqlStatement _move;
    private readonly BooksCounter _books;
    private readonly Sources _sources;

    public BacklogWriter(SqlConnection connection, BooksCounter books, Sources sources)
    {
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            _read[priority] = connection.Prepare($"SELECT seq, url, packed FROM {queue} WHERE seq > ?1 ORDER BY seq LIMIT ?2");
            _unfinished[priority] = connection.Prepare($"SELECT q.seq, q.url, q.packed, w.attempt, w.deferrals, w.due_at, w.lost FROM work w JOIN {queue} q ON q.seq = w.seq WHERE w.class = {priority} AND w.seq > ?1 AND w.seq <= ?2 ORDER BY w.seq LIMIT ?3");
            _cursors[priority] = _lastUnfinished[priority] = connection.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT seq FROM cursors WHERE class = {priority}"));
        }

        _take = connection.Prepare("INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch) VALUES(?1, ?2, 'queued', 0, 0, 0, 0, 0)");
        _move = connection.Prepare("UPDATE cursors SET seq = ?2 WHERE class = ?1");
        _books = books;
        _sources = sources;
    }

    public IReadOnlyList<WorkItem> Take(int most)
    {
        var items = new List<WorkItem>();
        for (var priority = 0; priority < PriorityClasses.Count && items.Count < most; priority++)
        {
            var before = items.Count;
            var read = _read[priority].Bind(1, _cursors[priority]).Bind(2, most - before);
            while (read.Step())
                items.Add(ItemOf(read, (PriorityClass)priority));
            read.Reset();
            if (items.Count == before)
                continue;

            for (var i = before; i < items.Count; i++)
                _take.Bind(1, items[i].Sequence).Bind(2, priority).Run();
            _cursors[priority] = items[^1].Sequence;
            _move.Bind(1, priority).Bind(2, _cursors[priority]).Run();
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
            {
                var item = ItemOf(read, (PriorityClass)priority);
                item.Attempt = (int)read.Int64(3);
                item.Deferrals = (int)read.Int64(4);
                item.DueAt = DateTimeOffset.FromUnixTimeMilliseconds(read.Int64(5));
                item.Lost = (int)read.Int64(6);
                items.Add(item);
            }

            read.Reset();
            _unfinishedFrom[priority] = items.Count < most ? _lastUnfinished[priority] : items[^1].Sequence;
        }

        return items;
    }

    private WorkItem ItemOf(SqlStatement row, PriorityClass priority)
    {
        var url = row.Bytes(1);
        var hostKey = HostKey.Of(url);
        var text = Encoding.UTF8.GetString(url);
        var packed = PackedRow.Read(row.Bytes(2));
        return new WorkItem
        {
            Sequence = row.Int64(0),
            ContentId = packed.ContentId,
            Url = text,
            HostKey = hostKey,
            Priority = priority,
            Strategy = packed.Strategy,
            Source = _sources.NameOf(packed.Source),
            AdmittedAt = DateTimeOffset.FromUnixTimeMilliseconds(packed.CreatedAt),
            Ruleset = packed.Ruleset,
        };
    }
}
