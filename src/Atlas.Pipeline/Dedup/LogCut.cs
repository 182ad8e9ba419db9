namespace Atlas.Pipeline.Dedup;

/// <summary>An end of the log between two batches, at which a checkpoint may end: as soon as the log is on the disk up to it, and everything that was decided before it in the ledger.</summary>
/// <param name="Tail">The log's first byte behind it.</param>
/// <param name="Count">Keys before it.</param>
/// <param name="HighWater">The ledger's sequence number up to which every key stands before it. Keys of later rows may too.</param>
/// <param name="Decided">What was decided between the cut before and this one, and is on its way to the ledger.</param>
internal sealed record LogCut(long Tail, long Count, long HighWater, InFlight Decided)
{
    private readonly TaskCompletionSource<List<SealedStretch>> _onDisk = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The log's stretches up to here, when they are on the disk; fails when they could not be written or read.</summary>
    public Task<List<SealedStretch>> OnDisk => _onDisk.Task;

    /// <summary>Whether nothing is left to wait for, but for what the cuts before it wait for.</summary>
    public bool IsSettled => _onDisk.Task.IsCompleted && Decided.Count == 0;

    public void Settle(List<SealedStretch> log) => _onDisk.TrySetResult(log);

    public void Fail(Exception why)
    {
        _onDisk.TrySetException(why);

        // Nobody may have asked: a cut of which no checkpoint is made fails for itself.
        _ = _onDisk.Task.Exception;
    }
}
