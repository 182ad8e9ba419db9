namespace Atlas.Pipeline.Ledger;

/// <summary>The counters that have no reason: one for each row of <c>counters</c> with code 0. The value is the index of the counter's name in <see cref="Tallies"/>.</summary>
internal enum Tally : byte
{
    Sequence,
    Received,
    Duplicates,
    Admitted,
    Queued,
    Leased,
    Done,
    Backlog,
    Retries,

    /// <summary>Done by a record of its own; the rest of done is caught.</summary>
    Recorded,
    Caught,
    BytesFetched,

    /// <summary>Done without a document: their host has sent us to another URL.</summary>
    Aliases,

    /// <summary>Admitted because a redirect led there.</summary>
    RedirectTargets,

    /// <summary>Documents taken up to be asked for again.</summary>
    Refetches,

    /// <summary>Of those, the ones that have come to no end yet: queued or leased. They count as done.</summary>
    Refetching,

    /// <summary>Of those, the ones of which the host has said that they are what they were, and no more.</summary>
    NotModified,

    /// <summary>Of those, the ones whose host has given them again, byte for byte.</summary>
    Unchanged,

    /// <summary>Of those, the ones whose host has given something else: what was before is a version.</summary>
    Changed,

    /// <summary>Admitted URLs that were given up, and then deleted from the dead letters.</summary>
    Purged,
}

/// <summary>The counters' names in the ledger.</summary>
internal static class Tallies
{
    /// <summary>All names, in the order of the enum's values. They are stored, so they never change.</summary>
    public static readonly string[] Names =
        ["sequence", "received", "duplicates", "admitted", "queued", "leased", "done", "backlog", "retries", "recorded", "caught", "bytes_fetched", "aliases", "redirect_targets",
            "refetches", "refetching", "not_modified", "unchanged", "changed", "purged"];
}
