namespace Atlas.Pipeline.Hosts;

/// <summary>How well a host does: how fast it answers, and how often.</summary>
internal sealed class HostHealth(HostsOptions options)
{
    // The smoothing of TCP's round-trip time (RFC 6298, 2.3).
    private const float Weight = 1f / 8;

    /// <summary>It answered.</summary>
    /// <param name="host">Changed.</param>
    /// <param name="latency">From sending to the end of the answer; null if nobody measured it.</param>
    /// <param name="now">UTC ticks.</param>
    public void Answered(HostState host, TimeSpan? latency, long now)
    {
        host.Outcomes.Add(isMarked: false, now, options.BreakerWindow);
        if (MillisecondsOf(latency) is { } milliseconds)
            host.LatencyMs = host.LatencyMs == 0 ? milliseconds : host.LatencyMs + (Weight * (milliseconds - host.LatencyMs));
    }

    /// <summary>It failed. How long that took may raise the latency but never lowers it: errors come fast (so Scrapy's AutoThrottle).</summary>
    /// <param name="host">Changed.</param>
    /// <param name="latency">From sending to the failure; null if nobody measured it.</param>
    /// <param name="now">UTC ticks.</param>
    public void Failed(HostState host, TimeSpan? latency, long now)
    {
        host.Outcomes.Add(isMarked: true, now, options.BreakerWindow);
        if (host.LatencyMs > 0 && MillisecondsOf(latency) is { } milliseconds && milliseconds > host.LatencyMs)
            host.LatencyMs += Weight * (milliseconds - host.LatencyMs);
    }

    /// <summary>Where the host stands, from -1 (fails whenever it is asked) to 0 (always delivers, or nothing is known). Of two hosts equally urgent the better one is worth asking first.</summary>
    /// <remarks>A host that has delivered does not stand above one that was never asked: who was asked first would be asked again before the others were, and the last of a list be the last pages of few hosts.</remarks>
    public double Standing(HostState host, long now)
    {
        // The two in the denominator keep one outcome from deciding everything.
        double answers = host.Outcomes.PlainWithin(now, options.BreakerWindow);
        double failures = host.Outcomes.MarkedWithin(now, options.BreakerWindow);
        return -failures / (answers + failures + 2);
    }

    // Below a millisecond is as fast as it gets; 0 means "not known".
    private static float? MillisecondsOf(TimeSpan? latency) =>
        latency is { } known ? Math.Clamp((float)known.TotalMilliseconds, 0.001f, 86_400_000f) : null;
}
