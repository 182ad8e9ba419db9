namespace Atlas.Pipeline.Ledger;

/// <summary>The table <c>hosts</c>: which hosts wait, are down, or ask for long delays. The writer's thread alone, but for <see cref="Load"/>, which is called before it starts.</summary>
internal sealed class HostRows(SqlConnection connection, TimeProvider time)
{
    private readonly SqlStatement _save = connection.Prepare("INSERT OR REPLACE INTO hosts(host, sent_at, waits_until, crawl_delay_ms, latency_us, failures_in_a_row, openings, open_until) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    private readonly SqlStatement _forget = connection.Prepare("DELETE FROM hosts WHERE host = ?1");

    /// <summary>What is stored. What has grown old is removed.</summary>
    public IReadOnlyList<HostRecord> Load()
    {
        var now = time.GetUtcNow().UtcTicks;
        var records = new List<HostRecord>();
        var load = connection.Prepare("SELECT host, sent_at, waits_until, crawl_delay_ms, latency_us, failures_in_a_row, openings, open_until FROM hosts");
        while (load.Step())
        {
            records.Add(new HostRecord(
                load.Text(0), TicksOf(load.Int64(1)), TicksOf(load.Int64(2)), (int)load.Int64(3), load.Int64(4) / 1000f, (int)load.Int64(5), (int)load.Int64(6), TicksOf(load.Int64(7))));
        }

        load.Reset();
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var record in records.Where(record => IsOld(record, now)))
            _forget.Bind(1, record.Key).Run();
        connection.Execute("COMMIT");
        return [.. records.Where(record => !IsOld(record, now))];
    }

    public int Save(IReadOnlyList<HostRecord> hosts)
    {
        var now = time.GetUtcNow().UtcTicks;
        foreach (var host in hosts)
        {
            if (IsOld(host, now))
            {
                _forget.Bind(1, host.Key).Run();
                continue;
            }

            _save.Bind(1, host.Key).Bind(2, MillisecondsOf(host.SentAt)).Bind(3, MillisecondsOf(host.WaitsUntil)).Bind(4, host.CrawlDelayMs).Bind(5, (long)(host.LatencyMs * 1000))
                .Bind(6, host.FailuresInARow).Bind(7, host.Openings).Bind(8, MillisecondsOf(host.OpenUntil)).Run();
        }

        return hosts.Count;
    }

    // A delay is a day at most.
    private static bool IsOld(in HostRecord host, long now) => host.SaysNothing(now) && now - host.SentAt > TimeSpan.TicksPerDay;

    private static long MillisecondsOf(long ticks) => ticks == 0 ? 0 : new DateTimeOffset(ticks, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private static long TicksOf(long milliseconds) => milliseconds == 0 ? 0 : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcTicks;
}
