namespace Atlas.Pipeline.Ledger;

/// <summary>What the ledger knows of one key: the line that came first, and where it is.</summary>
/// <param name="Sequence">The row's number.</param>
/// <param name="State">queued, leased, done, alias, dead, purged, refused, admitting; or lost, which no ledger that is whole has.</param>
/// <param name="Url">The line that came first, as received.</param>
/// <param name="FirstSeen">When it was admitted or refused.</param>
/// <param name="Source">The source's name.</param>
/// <param name="SourceOffset">The line's first byte in its source; of a line that was given up later, too.</param>
/// <param name="Attempts">Attempts to fetch it.</param>
internal sealed record LedgerRow(long Sequence, string State, byte[] Url, DateTimeOffset FirstSeen, string Source, long SourceOffset, int Attempts)
{
    /// <summary>Of a key that was decided on and whose row is not durable yet.</summary>
    public static LedgerRow UnderWay { get; } = new(0, "admitting", [], default, "", 0, 0);

    /// <summary>Why it was refused or given up, or is tried again; empty where nothing is to be said.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When it is tried again; null unless it waits for that.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When its document was fetched, or last confirmed by its host; null unless it has one.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>When and why its document was asked for again in vain, if that was the last time it was.</summary>
    public (DateTimeOffset At, string Reason)? CheckFailure { get; init; }

    /// <summary>How its document is being asked for again: queued or leased; empty when it is not.</summary>
    public string AskedAgain { get; init; } = "";

    /// <summary>Where its host has sent us; null unless it is an alias.</summary>
    public AliasTarget? AliasOf { get; init; }
}
