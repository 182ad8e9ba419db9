using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>The counters of the ledger's lifetime: loaded at the start, changed by the writer's thread alone, stored in the transaction whose rows they count.</summary>
internal sealed class BooksCounter
{
    private readonly Dictionary<(string Name, int Code), long> _stored = [];
    private readonly Dictionary<(string Name, int Code), long> _now = [];
    private readonly Dictionary<(string Name, int Code), long> _atStart = [];
    private readonly SqlStatement _save;

    public BooksCounter(SqlConnection connection)
    {
        _save = connection.Prepare("INSERT INTO counters(name, code, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value");
        var load = connection.Prepare("SELECT name, code, value FROM counters");
        while (load.Step())
        {
            var key = (load.Text(0), (int)load.Int64(1));
            _stored[key] = _now[key] = _atStart[key] = load.Int64(2);
        }

        load.Reset();
        Sequence = _now.GetValueOrDefault(("sequence", 0));
        Committed = Snapshot();
    }

    /// <summary>The last number given to a row, committed or not.</summary>
    public long Sequence { get; set; }

    /// <summary>What the last commit left. Replaced as a whole, so a reader never sees two commits mixed.</summary>
    public CommittedState Committed { get; private set => Volatile.Write(ref field, value); }

    public void Add(string name, long count, Reason reason = default)
    {
        if (count != 0)
            _now[(name, reason.Code)] = _now.GetValueOrDefault((name, (int)reason.Code)) + count;
    }

    /// <summary>Writes what has changed; inside the transaction.</summary>
    public void Save()
    {
        _now[("sequence", 0)] = Sequence;
        foreach (var (key, value) in _now)
        {
            if (_stored.TryGetValue(key, out var stored) && stored == value)
                continue;
            _save.Bind(1, key.Name).Bind(2, key.Code).Bind(3, value).Run();
            _stored[key] = value;
        }
    }

    /// <summary>Shows what <see cref="Save"/> wrote; after the commit.</summary>
    public void Publish() => Committed = Snapshot();

    private CommittedState Snapshot() => new(
        new Books
        {
            Received = InThisRun("received"),
            Duplicates = InThisRun("duplicates"),
            Rejected = ByReason("rejected", inThisRun: true),
            Admitted = InThisRun("admitted"),
            AdmittedBefore = _atStart.GetValueOrDefault(("admitted", 0)),
            Queued = Ever("queued"),
            Leased = Ever("leased"),
            Done = Ever("done"),
            Dead = ByReason("dead", inThisRun: false),
            Retries = InThisRun("retries"),
            DoneThisRun = InThisRun("recorded"),
            BytesFetched = InThisRun("bytes_fetched"),
            DedupAuthorityCaught = Ever("caught"),
        },
        Ever("backlog"),
        Sequence);

    private long Ever(string name) => _now.GetValueOrDefault((name, 0));

    private long InThisRun(string name) => Ever(name) - _atStart.GetValueOrDefault((name, 0));

    private ImmutableSortedDictionary<string, long> ByReason(string name, bool inThisRun)
    {
        var counts = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var (key, value) in _now)
        {
            var count = value - (inThisRun ? _atStart.GetValueOrDefault(key) : 0);
            if (key.Name == name && count != 0)
                counts[new Reason((ushort)key.Code).Name] = count;
        }

        return counts.ToImmutable();
    }
}

/// <summary>What one commit left behind.</summary>
/// <param name="Books">The books.</param>
/// <param name="Backlog">Admitted and not yet taken.</param>
/// <param name="Sequence">The highest durable sequence number.</param>
internal sealed record CommittedState(Books Books, long Backlog, long Sequence);
