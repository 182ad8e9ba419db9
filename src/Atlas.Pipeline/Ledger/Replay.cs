namespace Atlas.Pipeline.Ledger;

/// <summary>A list of dead letters on their way back into the pipeline.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Filter">By what the letters were chosen, in its one canonical form.</param>
/// <param name="Who">Who has asked for it.</param>
/// <param name="Wanted">Letters on the list at its beginning.</param>
/// <param name="Left">Of those, how many are letters no more: admitted, found to be known, or queued again.</param>
/// <param name="DiedAgain">Of those, how many were refused again, and stay.</param>
internal sealed record Replay(long Id, string Filter, string Who, long Wanted, long Left, long DiedAgain)
{
    /// <summary>The last number that a row had when it began: a greater one is of what came later, and no part of it.</summary>
    public required long Ceiling { get; init; }

    /// <summary>Of those on the list, how many another hand has deleted; known when it has ended.</summary>
    public long Gone { get; init; }

    /// <summary>Letters of it that nothing has been decided about yet; of one that has ended, those that went another way than to the queue.</summary>
    public long Remaining => Wanted - Left - DiedAgain - Gone;
}
