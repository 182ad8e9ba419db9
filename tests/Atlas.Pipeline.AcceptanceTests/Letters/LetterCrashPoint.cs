namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>What is being done to dead letters when the program is killed.</summary>
internal enum LetterDeed
{
    Replay,
    Purge,
    Import,
}

/// <summary>A moment of it.</summary>
/// <param name="Deed">What is being done.</param>
/// <param name="Name">As <c>Atlas.Faults</c> calls it.</param>
/// <param name="Moment">For the page.</param>
/// <param name="Latest">The last time it may be reached at; the first is 1.</param>
internal sealed record LetterCrashPoint(LetterDeed Deed, string Name, string Moment, int Latest)
{
    /// <summary>Kills, one after the other on the same state.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>In the order in which a letter comes to them.</summary>
    public static IReadOnlyList<LetterCrashPoint> All { get; } =
    [
        new(LetterDeed.Replay, "replay-list", "while its list is written, before anything is decided", 1_200),
        new(LetterDeed.Replay, "letter-revived", "inside the transaction, between two URLs that are queued again", 150),
        new(LetterDeed.Replay, "row", "inside the transaction, between two rows that are admitted", 12),
        new(LetterDeed.Replay, "replay-item", "inside the transaction, between two letters that leave the list", 150),
        new(LetterDeed.Replay, "letter-gone", "inside the transaction, between two letters that are taken out", 150),
        new(LetterDeed.Replay, "letters-commit", "before COMMIT", 2),
        new(LetterDeed.Replay, "wal-write", "inside COMMIT, in the middle of a frame of the WAL", 40),
        new(LetterDeed.Replay, "wal-sync", "inside COMMIT, before the sync of the WAL", 3),
        new(LetterDeed.Replay, "letters-committed", "after COMMIT, before anybody hears of it", 1),
        new(LetterDeed.Replay, "replay-end", "everything is decided, before its end is written down", 1),
        new(LetterDeed.Purge, "act", "the backup is whole, before it is written down who purges", 1),
        new(LetterDeed.Purge, "letter-gone", "inside the transaction, between two letters", 1_000),
        new(LetterDeed.Purge, "letters-commit", "before COMMIT", 2),
        new(LetterDeed.Purge, "letters-committed", "after COMMIT, before the next letters", 1),
        new(LetterDeed.Import, "create", "while the tables of a new ledger are made", 18),
        new(LetterDeed.Import, "act", "before it is written down who imports", 1),
        new(LetterDeed.Import, "row", "inside the transaction, between two letters", 400),
        new(LetterDeed.Import, "commit", "before COMMIT", 1),
        new(LetterDeed.Import, "committed", "after COMMIT, before the next letters", 1) { Rounds = 2 },
    ];
}
