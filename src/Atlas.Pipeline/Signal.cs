namespace Atlas.Pipeline;

/// <summary>Wakes one waiter. The waiter arms it, looks at the state, then awaits: whatever changes after it was armed ends the wait.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _raised = Fresh();

    /// <summary>Any thread, after it has changed the state.</summary>
    public void Raise() =>
        // A full fence, so that the state is written before the waiter's task is read.
        Interlocked.CompareExchange(ref _raised!, null, null).TrySetResult();

    /// <summary>The waiter only: completes at the next <see cref="Raise"/>.</summary>
    public Task Arm()
    {
        var fresh = Fresh();
        Interlocked.Exchange(ref _raised, fresh);
        return fresh.Task;
    }

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
