namespace Atlas.Pipeline.Hosts;

/// <summary>Leaves a host alone that fails, and finds out with single requests whether it is back.</summary>
/// <remarks>
/// Closed, it opens on <c>breaker_failures</c> failures in a row, or on a percentage of failures in the window. Open, it lets nothing through until its time is over and the last
/// request that was under way has ended; then one request, the probe. The probe's answer closes it; its failure opens it again for twice as long. As nothing else is in flight beside a probe,
/// any outcome while half-open is the probe's own. What ends while the breaker is open was sent before and says nothing new.
/// The time is drawn from the upper half of what doubling gives, so that hosts that failed together are not asked together.
/// </remarks>
/// <param name="options">When it opens and for how long.</param>
/// <param name="random">For the jitter; not for two threads at a time.</param>
internal sealed class CircuitBreaker(HostsOptions options, Random random)
{
    /// <summary>When the breaker lets a request through, in UTC ticks, past or future; <see cref="long.MaxValue"/> while only an outcome can bring that.</summary>
    public static long PassesAt(HostState host) => host.Breaker switch
    {
        BreakerState.Closed => 0,
        BreakerState.Open when host.InFlight == 0 => host.OpenUntil,
        _ => long.MaxValue,
    };

    /// <summary>Whether the host is taken for gone: what waits for it is not to wait longer. A probe is let through all the same when its time comes.</summary>
    public bool GivesUp(HostState host, long now) =>
        host.Breaker == BreakerState.Open && host.Openings > options.BreakerGivesUp && now < host.OpenUntil;

    /// <summary>A request is let through, at or after <see cref="PassesAt"/>; from an open breaker it is the probe.</summary>
    public static void Taken(HostState host)
    {
        if (host.Breaker == BreakerState.Open)
            host.Breaker = BreakerState.HalfOpen;
    }

    /// <summary>The host works.</summary>
    public static BreakerChange Answered(HostState host)
    {
        if (host.Breaker == BreakerState.Open)
            return BreakerChange.None;
        host.FailuresInARow = 0;
        if (host.Breaker == BreakerState.Closed)
            return BreakerChange.None;

        // What failed before the pause must not open it again at once.
        (host.Breaker, host.Openings, host.OpenUntil) = (BreakerState.Closed, 0, 0);
        host.Outcomes = default;
        return BreakerChange.Closed;
    }

    /// <summary>The host failed, which its <see cref="HostState.Outcomes"/> count already.</summary>
    public BreakerChange Failed(HostState host, long now)
    {
        if (host.Breaker == BreakerState.Open)
            return BreakerChange.None;
        if (host.Breaker == BreakerState.Closed && ++host.FailuresInARow < options.BreakerFailures && !IsMostlyFailing(host, now))
            return BreakerChange.None;

        Open(host, now);
        return BreakerChange.Opened;
    }

    /// <summary>A request ended without saying anything about the host. If it was the probe, the next one is let through at once.</summary>
    public static void SaidNothing(HostState host)
    {
        if (host.Breaker == BreakerState.HalfOpen)
            host.Breaker = BreakerState.Open;
    }

    private bool IsMostlyFailing(HostState host, long now)
    {
        var failures = host.Outcomes.MarkedWithin(now, options.BreakerWindow);
        var calls = failures + host.Outcomes.PlainWithin(now, options.BreakerWindow);
        return calls >= options.BreakerCalls && failures * 100 >= calls * options.BreakerPercent;
    }

    private void Open(HostState host, long now)
    {
        // 2^30 times the shortest is past any cap; the shift must not overflow.
        var most = Math.Min(options.BreakerOpenMax.Ticks, options.BreakerOpen.Ticks * (double)(1L << Math.Min(host.Openings, 30)));
        host.Breaker = BreakerState.Open;
        host.Openings++;
        host.OpenUntil = now + (long)(most * (1 + random.NextDouble()) / 2);
    }
}
