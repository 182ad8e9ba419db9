namespace Atlas.Pipeline.Graph;

/// <summary>What one source or stage has done so far in this run, counted in lines before the ledger and in items after it.</summary>
/// <remarks>Any thread may count; a reader may see a batch half counted.</remarks>
internal sealed class StageMeter(string name, string kind)
{
    private long _taken;
    private long _forwarded;
    private long _dropped;
    private long _retried;
    private long _dead;
    private long _busyTicks;

    /// <summary>The stage's name in the YAML.</summary>
    public string Name { get; } = name;

    /// <summary>The word of its kind.</summary>
    public string Kind { get; } = kind;

    /// <summary>Came in still on their way.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    public long Forwarded => Interlocked.Read(ref _forwarded);

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Retried => Interlocked.Read(ref _retried);

    public long Dead => Interlocked.Read(ref _dead);

    /// <summary>Time spent deciding, summed over all workers; waiting in a queue is not included. In ticks of the run's TimeProvider.</summary>
    public long BusyTicks => Interlocked.Read(ref _busyTicks);

    public void Count(int taken, int forwarded, int dropped, int dead, long busyTicks)
    {
        Interlocked.Add(ref _taken, taken);
        Interlocked.Add(ref _forwarded, forwarded);
        if (dropped > 0)
            Interlocked.Add(ref _dropped, dropped);
        if (dead > 0)
            Interlocked.Add(ref _dead, dead);
        Interlocked.Add(ref _busyTicks, busyTicks);
    }

    public void Count(Fate fate, long busyTicks)
    {
        Interlocked.Increment(ref _taken);
        switch (fate)
        {
            case Fate.Forward: Interlocked.Increment(ref _forwarded); break;
            case Fate.Drop or Fate.Redirect or Fate.Confirmed: Interlocked.Increment(ref _dropped); break;
            case Fate.Retry: Interlocked.Increment(ref _retried); break;
            case Fate.DeadLetter: Interlocked.Increment(ref _dead); break;
        }

        Interlocked.Add(ref _busyTicks, busyTicks);
    }
}
