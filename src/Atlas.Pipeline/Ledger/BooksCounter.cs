namespace Atlas.Pipeline.Ledger;

/// <summary>The counters of the ledger's lifetime: loaded at the start, changed by the writer's thread alone, stored in the transaction whose rows they count.</summary>
internal sealed class BooksCounter
{
    private readonly long[] _now = new long[Tallies.Names.Length];
    private readonly long[] _stored = new long[Tallies.Names.Length];
    private readonly long[] _atStart = new long[Tallies.Names.Length];
    private readonly SqlStatement _save;

    public BooksCounter(SqlConnection connection)
    {
        _save = connection.Prepare("INSERT INTO counters(name, code, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value");
        var load = connection.Prepare("SELECT name, code, value FROM counters");
        while (load.Step())
            Load(load.Text(0), (ushort)load.Int64(1), load.Int64(2));
        load.Reset();
        DuplicateBooks = new DuplicateBooks(connection);
        Committed = Snapshot();
    }

    /// <summary>Lines refused before they became work, by reason.</summary>
    public ReasonCounts Rejected { get; } = new("rejected", inThisRun: true);

    /// <summary>Admitted URLs that were given up, by reason.</summary>
    public ReasonCounts Dead { get; } = new("dead", inThisRun: false);

    /// <summary>Documents that were asked for again in vain, by reason.</summary>
    public ReasonCounts RefetchFailed { get; } = new("refetch_failed", inThisRun: true);

    /// <summary>What the duplicates were, and where.</summary>
    public DuplicateBooks DuplicateBooks { get; }

    /// <summary>What the last commit left. Replaced as a whole, so a reader never sees two commits mixed.</summary>
    public CommittedState Committed { get; private set => Volatile.Write(ref field, value); }

    /// <summary>See <see cref="LedgerMark.Progress"/>.</summary>
    public long Progress => Ever(Tally.Sequence) + Ever(Tally.Received) + Ever(Tally.Done) + Ever(Tally.Changed);

    public void Add(Tally tally, long count) => _now[(int)tally] += count;

    /// <summary>An item goes from one state of work to another, or out of it. A document that is asked for again stays done meanwhile, whatever its state.</summary>
    /// <param name="item">The item.</param>
    /// <param name="from">Queued or leased.</param>
    /// <param name="to">Queued or leased; null when it leaves, and its end is counted by the caller.</param>
    public void Move(WorkItem item, Tally from, Tally? to = null)
    {
        if (item.Again is not null)
        {
            Add(Tally.Refetching, to is null ? -1 : 0);
            return;
        }

        Add(from, -1);
        if (to is { } state)
            Add(state, 1);
    }

    /// <summary>The next number for a row. The last one given, committed or not, is the counter itself.</summary>
    public long NextSequence() => ++_now[(int)Tally.Sequence];

    /// <summary>The last number that <see cref="NextSequence"/> gave.</summary>
    public long LastSequence => Ever(Tally.Sequence);

    /// <summary>Gives numbers again whose rows were rolled back: each that was ever given has a row, or had one that somebody took out.</summary>
    public void TakeBack(long lastSequence) => _now[(int)Tally.Sequence] = lastSequence;

    /// <summary>Writes what has changed; inside the transaction.</summary>
    public void Save()
    {
        for (var i = 0; i < _now.Length; i++)
        {
            if (_stored[i] == _now[i])
                continue;
            _save.Bind(1, Tallies.Names[i]).Bind(2, 0).Bind(3, _now[i]).Run();
            _stored[i] = _now[i];
        }

        Rejected.Save(_save);
        Dead.Save(_save);
        RefetchFailed.Save(_save);
        DuplicateBooks.Save(_save, Ever(Tally.Duplicates));
    }

    /// <summary>Shows what <see cref="Save"/> wrote; after the commit.</summary>
    public void Publish() => Committed = Snapshot();

    private void Load(string name, ushort code, long value)
    {
        if (name == "rejected")
            Rejected.Load(code, value);
        else if (name == "dead")
            Dead.Load(code, value);
        else if (name == "refetch_failed")
            RefetchFailed.Load(code, value);
        else if (Array.IndexOf(Tallies.Names, name) is >= 0 and var tally)
            _now[tally] = _stored[tally] = _atStart[tally] = value;
    }

    private CommittedState Snapshot() => new(
        new Books
        {
            Received = InThisRun(Tally.Received),
            Duplicates = InThisRun(Tally.Duplicates),
            DuplicatesBySource = DuplicateBooks.BySource(),
            Rejected = Rejected.ByName(),
            Admitted = InThisRun(Tally.Admitted),
            AdmittedBefore = _atStart[(int)Tally.Admitted],
            Queued = Ever(Tally.Queued),
            Leased = Ever(Tally.Leased),
            Done = Ever(Tally.Done),
            Aliases = Ever(Tally.Aliases),
            RedirectTargets = InThisRun(Tally.RedirectTargets),
            Dead = Dead.ByName(),
            Purged = Ever(Tally.Purged),
            Retries = InThisRun(Tally.Retries),
            DoneThisRun = InThisRun(Tally.Recorded),
            BytesFetched = InThisRun(Tally.BytesFetched),
            DedupAuthorityCaught = Ever(Tally.Caught),
            Refetches = new RefetchBooks
            {
                Taken = InThisRun(Tally.Refetches),
                Before = _atStart[(int)Tally.Refetching],
                NotModified = InThisRun(Tally.NotModified),
                Unchanged = InThisRun(Tally.Unchanged),
                Changed = InThisRun(Tally.Changed),
                Failed = RefetchFailed.ByName(),
                Waiting = Ever(Tally.Refetching),
            },
        },
        Ever(Tally.Backlog),
        Ever(Tally.Sequence));

    private long Ever(Tally tally) => _now[(int)tally];

    private long InThisRun(Tally tally) => _now[(int)tally] - _atStart[(int)tally];
}

/// <summary>What one commit left behind.</summary>
/// <param name="Books">The books.</param>
/// <param name="Backlog">Admitted and not yet taken.</param>
/// <param name="Sequence">The highest durable sequence number.</param>
internal sealed record CommittedState(Books Books, long Backlog, long Sequence);
