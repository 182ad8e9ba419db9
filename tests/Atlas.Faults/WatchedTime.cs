namespace Atlas.Faults;

/// <summary>The system's time, with a word when a timer of a certain length is started.</summary>
internal sealed class WatchedTime(TimeSpan length, Action started) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == length)
            started();
        return base.CreateTimer(callback, state, dueTime, period);
    }
}
