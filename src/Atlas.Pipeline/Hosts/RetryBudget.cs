namespace Atlas.Pipeline.Hosts;

/// <summary>Keeps retries from adding to the load that made them necessary: they may be a percentage of first attempts, for each host and for all together, and a few more so that a trickle can be retried.</summary>
/// <remarks>
/// The law: of any window that ends with a retry, the retries in it are at most the floor and <c>retry_percent</c> of the first attempts in it. What is over budget is put off, never dropped, and no attempt is used.
/// </remarks>
/// <param name="options">The percentage, the floors and the window.</param>
/// <param name="random">Spreads what is put off; not for two threads at a time.</param>
internal sealed class RetryBudget(HostsOptions options, Random random)
{
    private SlidingCounts _all;

    /// <summary>A first attempt is made, which pays for a part of a retry.</summary>
    public void First(HostState host, long now)
    {
        host.Attempts.Add(isMarked: false, now, options.RetryWindow);
        _all.Add(isMarked: false, now, options.RetryWindow);
    }

    /// <summary>Pays for one retry, if the budget holds it.</summary>
    /// <param name="host">Who would be asked.</param>
    /// <param name="now">UTC ticks.</param>
    /// <param name="again">If it does not: when to try again, in UTC ticks, within half a window.</param>
    public bool TryRetry(HostState host, long now, out long again)
    {
        if (HasRoom(ref host.Attempts, options.RetryHostFloor, now) && HasRoom(ref _all, options.RetryFloor, now))
        {
            host.Attempts.Add(isMarked: true, now, options.RetryWindow);
            _all.Add(isMarked: true, now, options.RetryWindow);
            again = 0;
            return true;
        }

        again = SlidingCounts.NextQuarter(now, options.RetryWindow) + (long)(random.NextDouble() * SlidingCounts.QuarterOf(options.RetryWindow));
        return false;
    }

    // Retries are over-counted and first attempts under-counted, each by a quarter at most: the law must hold for any window, wherever it begins.
    private bool HasRoom(ref SlidingCounts attempts, int floor, long now) =>
        (attempts.MarkedThroughout(now, options.RetryWindow) + 1 - floor) * 100 <= attempts.PlainWithin(now, options.RetryWindow) * options.RetryPercent;
}
