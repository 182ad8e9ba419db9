namespace Atlas.Pipeline;

/// <summary>Counts what has entered and not yet left, and can be waited on until it is empty.</summary>
/// <remarks>Any thread may enter and leave; one at a time may wait.</remarks>
internal sealed class InFlight
{
    private readonly Lock _gate = new();
    private long _count;
    private TaskCompletionSource? _empty;

    public long Count => Interlocked.Read(ref _count);

    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _count) != 0)
            return;

        lock (_gate)
        {
            if (Interlocked.Read(ref _count) == 0)
                _empty?.TrySetResult();
        }
    }

    /// <summary>Completes when nothing is inside. Meant for a caller that lets nothing new enter meanwhile.</summary>
    public Task WhenEmpty()
    {
        lock (_gate)
        {
            if (Interlocked.Read(ref _count) == 0)
                return Task.CompletedTask;
            _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }
}
