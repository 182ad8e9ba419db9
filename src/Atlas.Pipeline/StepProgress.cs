namespace Atlas.Pipeline;

/// <summary>How far something is that may take minutes: a replay of the dedup index, a check of all bodies. Written by whoever does it, read by anybody.</summary>
internal sealed class StepProgress(TimeProvider time)
{
    private volatile Step _step = new("", 0, 0);
    private long _done;

    /// <summary>Begins a step; the one before it is over.</summary>
    /// <param name="name">What is done, as a sentence would go on: "rebuilding the dedup index".</param>
    /// <param name="total">How many there are; 0 when nobody knows.</param>
    public void Begin(string name, long total)
    {
        Interlocked.Exchange(ref _done, 0);
        _step = new Step(name, total, time.GetTimestamp());
    }

    public void Advance(long count) => Interlocked.Add(ref _done, count);

    /// <summary>Nothing is under way any more.</summary>
    public void End() => Begin("", 0);

    public StepSnapshot Look()
    {
        var step = _step;
        return new StepSnapshot(step.Name, Interlocked.Read(ref _done), step.Total, step.Name.Length == 0 ? TimeSpan.Zero : time.GetElapsedTime(step.Start));
    }

    private sealed record Step(string Name, long Total, long Start);
}

/// <summary>One look at a step.</summary>
/// <param name="Name">What is done; empty when nothing is under way.</param>
/// <param name="Done">How many of them are.</param>
/// <param name="Total">How many there are; 0 when nobody knows.</param>
/// <param name="Elapsed">Since the step began.</param>
internal readonly record struct StepSnapshot(string Name, long Done, long Total, TimeSpan Elapsed)
{
    public double PerSecond => Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalSeconds : 0;

    /// <summary>The time left at the pace so far; null when there is nothing to guess from.</summary>
    public TimeSpan? Left => Total > 0 && Done > 0 && PerSecond > 0 ? TimeSpan.FromSeconds(Math.Max(0, Total - Done) / PerSecond) : null;
}
