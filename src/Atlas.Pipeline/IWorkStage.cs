namespace Atlas.Pipeline;

/// <summary>A stage after the ledger: acts on one item. Many calls run at once.</summary>
internal interface IWorkStage
{
    /// <summary>Acts on one item and says what became of it.</summary>
    /// <param name="item">Owned by this call until it returns.</param>
    /// <param name="abort">Cancelled when the run is aborted; ends I/O at once.</param>
    ValueTask<Verdict> ProcessAsync(WorkItem item, CancellationToken abort);
}
