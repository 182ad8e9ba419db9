namespace Atlas.Pipeline.Hosts;

/// <summary>From what is known of a host to what is written down, and back.</summary>
internal static class HostRecords
{
    public static HostRecord Of(HostState host) =>
        new(host.Key, host.SentAt, host.WaitsUntil, host.CrawlDelayMs, host.LatencyMs, host.FailuresInARow, host.Openings, host.OpenUntil);

    /// <summary>Whether forgetting the host would make us ask it sooner or more often. Most hosts have nothing worth a row.</summary>
    public static bool IsWorthKeeping(HostState host, long now) => host.Breaker != BreakerState.Closed || host.WaitsUntil > now || host.CrawlDelayMs > 0;

    /// <summary>Puts a fresh or idle host into this state. A probe that was under way came to no end, so another one is let through.</summary>
    /// <remarks>No wait is longer than one that could begin now: a clock that was wrong when the record was written must not silence a host for years.</remarks>
    public static void CopyTo(this in HostRecord record, HostState host, HostsOptions options, long now)
    {
        host.SentAt = Math.Clamp(record.SentAt, 0, now);
        host.WaitsUntil = Math.Clamp(record.WaitsUntil, 0, now + PolitenessClock.MostWait.Ticks);
        host.CrawlDelayMs = Math.Max(0, record.CrawlDelayMs);
        host.LatencyMs = float.IsFinite(record.LatencyMs) ? Math.Clamp(record.LatencyMs, 0, 86_400_000f) : 0;
        host.Openings = Math.Max(0, record.Openings);
        host.Breaker = host.Openings > 0 ? BreakerState.Open : BreakerState.Closed;
        host.OpenUntil = host.Openings > 0 ? Math.Clamp(record.OpenUntil, 0, now + options.BreakerOpenMax.Ticks) : 0;
        host.FailuresInARow = Math.Clamp(record.FailuresInARow, 0, Math.Max(0, options.BreakerFailures - 1));
    }
}
