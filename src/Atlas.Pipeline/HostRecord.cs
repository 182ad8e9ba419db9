namespace Atlas.Pipeline;

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
    /// <summary>Whether nothing keeps the host from being asked at the next start.</summary>
    public bool SaysNothing(long now) => Openings == 0 && WaitsUntil <= now && CrawlDelayMs == 0;
}
