using System.Collections.Concurrent;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>Everything that awaits goes on here, one after the other, so that a test knows when nothing more will happen by itself. Only what is outside, as a ledger's writer, runs beside it.</summary>
internal sealed class OneThread : SynchronizationContext, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _next = [];
    private readonly SynchronizationContext? _before = Current;

    public OneThread() => SetSynchronizationContext(this);

    /// <summary>Calls to what is outside that have not come back: while there are any, it is not quiet.</summary>
    public int Outside { get; set; }

    public override void Post(SendOrPostCallback d, object? state) => _next.Add((d, state));

    /// <summary>Runs until nothing is left to run, and nothing outside will bring more.</summary>
    public void RunUntilQuiet()
    {
        while (Outside > 0 || _next.Count > 0)
            RunOne();
    }

    /// <summary>Runs until a task is through; throws what it throws.</summary>
    public void Run(Task task)
    {
        // It may end on another thread, which says so to this one.
        _ = task.ContinueWith(_ => Post(static _ => { }, null), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (!task.IsCompleted)
            RunOne();
        task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        SetSynchronizationContext(_before);
        _next.Dispose();
    }

    private void RunOne()
    {
        if (!_next.TryTake(out var next, Patience))
            throw new TimeoutException($"{Outside} calls have not come back.");
        next.Callback(next.State);
    }
}
