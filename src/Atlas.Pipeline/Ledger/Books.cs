using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>Where every line is. All counts are whole numbers of lines or URLs.</summary>
internal sealed record Books
{
    /// <summary>Lines of this run whose fate is durable, blank lines and comments not included.</summary>
    public long Received { get; init; }

    /// <summary>Of those, the lines whose canonical form was seen before, in this run or ever.</summary>
    public long Duplicates { get; init; }

    /// <summary>The duplicates by source and kind; what they add up to is <see cref="Duplicates"/>.</summary>
    public ImmutableArray<SourceDuplicates> DuplicatesBySource { get; init; } = [];

    /// <summary>Of those, the lines that were refused, by reason.</summary>
    public ImmutableSortedDictionary<string, long> Rejected { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Of those, the lines that became work.</summary>
    public long Admitted { get; init; }

    /// <summary>Of those, the URLs that no source has read: redirects led there, and they were new.</summary>
    public long RedirectTargets { get; init; }

    /// <summary>What earlier runs on this state directory admitted.</summary>
    public long AdmittedBefore { get; init; }

    /// <summary>Of all ever admitted: waiting, in the backlog, in the buffer, or for a due time.</summary>
    public long Queued { get; init; }

    /// <summary>Of all ever admitted: claimed and not finished.</summary>
    public long Leased { get; init; }

    /// <summary>Of all ever admitted: fetched and stored, or found to be an alias of another URL.</summary>
    public long Done { get; init; }

    /// <summary>Of those, the aliases: their host has sent us to another URL, which has a row of its own.</summary>
    public long Aliases { get; init; }

    /// <summary>Of all ever admitted: given up, by reason.</summary>
    public ImmutableSortedDictionary<string, long> Dead { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Of all ever admitted: given up, and deleted from the dead letters since.</summary>
    public long Purged { get; init; }

    /// <summary>Requests of this run for URLs that had been requested before, once their outcome is known. What was put back and nothing sent for, does not count.</summary>
    public long Retries { get; init; }

    /// <summary>Documents fetched and stored in this run.</summary>
    public long DoneThisRun { get; init; }

    /// <summary>Bytes of bodies fetched in this run, on the wire.</summary>
    public long BytesFetched { get; init; }

    /// <summary>Times the unique constraint of <c>content_metadata</c> had to catch a second record. Should stay 0.</summary>
    public long DedupAuthorityCaught { get; init; }

    /// <summary>What became of documents that were asked for again. They are done, and are counted nowhere twice.</summary>
    public RefetchBooks Refetches { get; init; } = new();

    /// <summary>received = admitted + duplicate + rejected, admitted = queued + leased + done + dead + purged, and what was asked for again has come to an end or waits.</summary>
    public bool Balance =>
        Received == Admitted + Duplicates + Rejected.Values.Sum()
        && Admitted + AdmittedBefore == Queued + Leased + Done + Dead.Values.Sum() + Purged
        && Refetches.Balance;
}

/// <summary>The books counted from the rows themselves.</summary>
/// <param name="Admitted">Rows ever admitted.</param>
/// <param name="Queued">Rows waiting to be fetched for the first time.</param>
/// <param name="Leased">Rows claimed for that.</param>
/// <param name="Done">Rows recorded, and aliases.</param>
/// <param name="Dead">Admitted rows given up.</param>
internal sealed record BooksAudit(long Admitted, long Queued, long Leased, long Done, long Dead)
{
    /// <summary>Rows of documents that are being asked for again.</summary>
    public long Refetching { get; init; }

    /// <summary>Admitted rows that were given up and deleted from the dead letters.</summary>
    public long Purged { get; init; }

    public bool Balances => Admitted == Queued + Leased + Done + Dead + Purged;
}
