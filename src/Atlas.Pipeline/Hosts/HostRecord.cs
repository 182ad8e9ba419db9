namespace Atlas.Pipeline.Hosts;

/// <summary>What survives a restart of what is known about a host. Moments are UTC ticks, 0 for none.</summary>
/// <param name="Key">Host and, unless default, port.</param>
/// <param name="SentAt">The last request.</param>
/// <param name="WaitsUntil">What the host asked for (Retry-After).</param>
/// <param name="CrawlDelayMs">Of its robots.txt; 0 for none.</param>
/// <param name="LatencyMs">Smoothed; 0 if not known.</param>
/// <param name="FailuresInARow">While the breaker is closed.</param>
/// <param name="Openings">Of the breaker, in a row; 0 if it is closed.</param>
/// <param name="OpenUntil">Of the breaker.</param>
internal readonly record struct HostRecord(
    string Key,
    long SentAt,
    long WaitsUntil,
    int CrawlDelayMs,
    float LatencyMs,
    int FailuresInARow,
    int Openings,
    long OpenUntil)
{
    public static HostRecord Of(HostState host) =>
        new(host.Key, host.SentAt, host.WaitsUntil, host.CrawlDelayMs, host.LatencyMs, host.FailuresInARow, host.Openings, host.OpenUntil);

    /// <summary>Whether forgetting the host would make us ask it sooner or more often. Most hosts have nothing worth a row.</summary>
    public static bool IsWorthKeeping(HostState host, long now) => host.Breaker != BreakerState.Closed || host.WaitsUntil > now || host.CrawlDelayMs > 0;

    /// <summary>Puts a fresh or idle host into this state. A probe that was under way came to no end, so another one is let through.</summary>
    /// <remarks>No wait is longer than one that could begin now: a clock that was wrong when the record was written must not silence a host for years.</remarks>
    public void CopyTo(HostState host, HostsOptions options, long now)
    {
        host.SentAt = Math.Clamp(SentAt, 0, now);
        host.WaitsUntil = Math.Clamp(WaitsUntil, 0, now + PolitenessClock.MostWait.Ticks);
        host.CrawlDelayMs = Math.Max(0, CrawlDelayMs);
        host.LatencyMs = float.IsFinite(LatencyMs) ? Math.Clamp(LatencyMs, 0, 86_400_000f) : 0;
        host.Openings = Math.Max(0, Openings);
        host.Breaker = host.Openings > 0 ? BreakerState.Open : BreakerState.Closed;
        host.OpenUntil = host.Openings > 0 ? Math.Clamp(OpenUntil, 0, now + options.BreakerOpenMax.Ticks) : 0;
        host.FailuresInARow = Math.Clamp(FailuresInARow, 0, Math.Max(0, options.BreakerFailures - 1));
    }
}
