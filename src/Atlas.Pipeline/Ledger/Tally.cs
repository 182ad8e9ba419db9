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
}

/// <summary>The counters' names in the ledger.</summary>
internal static class Tallies
{
    /// <summary>All names, in the order of the enum's values. They are stored, so they never change.</summary>
    public static readonly string[] Names =
        ["sequence", "received", "duplicates", "admitted", "queued", "leased", "done", "backlog", "retries", "recorded", "caught", "bytes_fetched", "aliases", "redirect_targets"];
}
