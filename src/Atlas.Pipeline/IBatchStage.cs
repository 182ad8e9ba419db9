namespace Atlas.Pipeline;

/// <summary>A stage before the ledger: decides on every row of a batch, in place.</summary>
/// <remarks>Rows whose fate is no longer <see cref="Fate.Forward"/> travel on untouched: they reach the ledger with their batch, so that a line's fate and its source's offset are one transaction.</remarks>
internal interface IBatchStage
{
    /// <summary>Decides on the rows that are still on their way. Never throws for what a line holds.</summary>
    ValueTask ProcessAsync(UrlBatch batch);

    /// <summary>Whether <see cref="ProcessAsync"/> has always completed when it returns.</summary>
    bool NeverWaits => false;
}
