namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>A moment at which the program is killed.</summary>
/// <param name="Name">As <c>Atlas.Faults</c> calls it; a name of its own for a moment that another process picks.</param>
/// <param name="Moment">For the matrix.</param>
/// <param name="Earliest">The first time it may be reached at, from 1.</param>
/// <param name="Latest">The last.</param>
internal sealed record CrashPoint(string Name, string Moment, int Earliest, int Latest)
{
    /// <summary>Kills per source.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Only a tailed file has it.</summary>
    public bool IsOfTail { get; init; }

    /// <summary>It lies behind the queue: pages are fetched.</summary>
    public bool NeedsWeb { get; init; }

    /// <summary>It is reached when the input ends.</summary>
    public bool IsAtEnd { get; init; }

    /// <summary>Killed by another process; null when the program kills itself at the point.</summary>
    public OuterKill? Outer { get; init; }

    /// <summary>All of them, in the order in which a URL comes to them. 212 rounds with both sources.</summary>
    public static IReadOnlyList<CrashPoint> All { get; } =
    [
        new("create", "while the tables of a new ledger are made", 1, 18),
        new("return-leases", "while a start gives back the leases of the run before", 1, 1),
        new("read", "after the read, before anything has looked at the batch", 1, 30),
        new("stage", "between two stages", 1, 120),
        new("begin", "after the dedup decision, before BEGIN", 1, 30),
        new("row", "inside the transaction, between two rows", 1, 300),
        new("offset", "inside the transaction, before the source's position", 1, 30) { IsOfTail = true },
        new("commit", "before COMMIT", 1, 30),
        new("wal-write", "inside COMMIT, in the middle of a frame of the WAL", 1, 120),
        new("wal-sync", "inside COMMIT, before the sync of the WAL", 1, 30),
        new("wal-synced", "inside COMMIT, after the sync of the WAL", 1, 30),
        new("committed", "after COMMIT, before the acknowledgement", 1, 30),
        new("copy-write", "while the WAL is copied, in the middle of a page of the database", 1, 60),
        new("copy-sync", "the WAL is copied, before the sync of the database", 1, 2),
        new("copy-synced", "the database is synced, before the WAL may begin anew", 1, 2),
        new("wal-restart", "while the WAL begins anew, in the middle of its header", 1, 2),
        new("wal-restarted", "the WAL has its new header, before its first frame", 1, 2),
        new("wal-delete", "at the end, before the WAL is deleted", 1, 1) { IsAtEnd = true },
        new("index-begin", "while FASTER takes a checkpoint", 1, 3),
        new("index-table", "in the middle of the index's hash table", 1, 1),
        new("index-filter", "the hash table is durable, in the middle of the filter", 1, 1),
        new("index-log", "the index's log is written, before its sync", 1, 3),
        new("index-note", "the index's log is durable, before FASTER's note of its end", 1, 3),
        new("manifest", "inside the transaction, before the row with the manifest", 1, 3),
        new("manifest-committed", "the manifest is committed, before the index hears of it", 1, 3),
        new("index-delete", "while an old checkpoint is deleted", 1, 2),
        new("body-write", "in the middle of a body", 1, 6) { NeedsWeb = true },
        new("body-sync", "bodies are written, before their sync", 1, 6) { NeedsWeb = true },
        new("body-synced", "bodies are durable, before the transaction of their rows", 1, 6) { NeedsWeb = true },
        new("document", "inside the transaction, before a document's row", 1, 20) { NeedsWeb = true },
        new("document-committed", "documents are committed, before anybody hears of it", 1, 6) { NeedsWeb = true },
        new("rotate-half", "the tailed file is renamed in the middle of a line", 10, 40) { IsOfTail = true, Outer = OuterKill.RenamedInALine },
        new("rotate-gap", "the tailed file is renamed, before there is a new one", 10, 40) { IsOfTail = true, Outer = OuterKill.Renamed },
        new("rotate-new", "the tailed file is renamed, and the new one has its first line", 10, 40) { IsOfTail = true, Outer = OuterKill.Begun },
        new("random", "any moment", 1, 150) { Rounds = 10, Outer = OuterKill.AnyMoment },
    ];

    public static CrashPoint Of(string name) => All.Single(point => point.Name == name);

    /// <summary>The sources it is tried with.</summary>
    public IReadOnlyList<bool> Tails => IsOfTail ? [true] : [false, true];
}

/// <summary>What the other process waits for before it kills, after so many pieces of input.</summary>
internal enum OuterKill
{
    AnyMoment,
    RenamedInALine,
    Renamed,
    Begun,
}
