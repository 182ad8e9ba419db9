namespace Atlas.Pipeline.Graph;

/// <summary>The first thing that went wrong with the run itself, shared by all its blocks.</summary>
/// <remarks>
/// An exception inside a dataflow block faults it and discards every batch it holds, silently for everyone upstream. So nothing is thrown inside a block: a bug or a dead disk is
/// reported here, the blocks let what follows pass unprocessed and unacknowledged, and the run ends with exit code 1. The next start takes up from the ledger.
/// </remarks>
internal sealed class RunFailure
{
    private readonly TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Faults with the first report; never completes otherwise.</summary>
    public Task Happened => _happened.Task;

    public bool HasHappened => _happened.Task.IsCompleted;

    public void Report(Exception error) => _happened.TrySetException(error);

    /// <summary>Reports what a task fails with.</summary>
    public void Watch(Task task) =>
        _ = task.ContinueWith(
            static (done, failure) => ((RunFailure)failure!).Report(done.Exception!.GetBaseException()),
            this,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
