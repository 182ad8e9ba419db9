using System.Diagnostics;

namespace Atlas.Pipeline.Pressure;

/// <summary>How long work waits for a thread of the pool, by one work item that is always queued anew.</summary>
internal sealed class PoolDelay : IThreadPoolWorkItem
{
    private long _queuedAt;
    private long _delay;
    private volatile bool _waits;

    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Exchange(ref _delay, Stopwatch.GetTimestamp() - Interlocked.Read(ref _queuedAt));
        _waits = false;
    }

    /// <summary>Milliseconds that the last item has waited, or waits since; queues the next one.</summary>
    public double Read()
    {
        if (_waits)
            return Stopwatch.GetElapsedTime(Interlocked.Read(ref _queuedAt)).TotalMilliseconds;
        var delay = Interlocked.Read(ref _delay) * 1000.0 / Stopwatch.Frequency;
        Interlocked.Exchange(ref _queuedAt, Stopwatch.GetTimestamp());
        _waits = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return delay;
    }
}
