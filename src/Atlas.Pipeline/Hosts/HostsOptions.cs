using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Hosts;

/// <summary>How hosts are treated: how politely, when they are left alone, how many are remembered. Read from the fetch stage's map.</summary>
internal sealed record HostsOptions
{
    /// <summary>Requests to one host at the same time, from 1.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>Least time between two requests to one host, from the head of the answer to the first. Zero switches <see cref="LatencyFactor"/> off as well.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The delay is at least this many times the host's smoothed latency; 0 for never. Heritrix has the same with a factor of 5, counted from the answer on.</summary>
    public int LatencyFactor { get; init; } = 1;

    /// <summary>What <see cref="LatencyFactor"/> comes to is no longer than this; as in Heritrix.</summary>
    public TimeSpan LatencyDelayMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A longer Crawl-delay counts as this; as in StormCrawler.</summary>
    public TimeSpan CrawlDelayMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Hosts that are remembered when they have no work. About 300 bytes each.</summary>
    public int MostHosts { get; init; } = 100_000;

    /// <summary>Failures in a row that open a host's breaker.</summary>
    public int BreakerFailures { get; init; } = 5;

    /// <summary>Percent of failures within <see cref="BreakerWindow"/> that open it, given <see cref="BreakerCalls"/>.</summary>
    public int BreakerPercent { get; init; } = 50;

    /// <summary>Outcomes within the window before a percentage means anything.</summary>
    public int BreakerCalls { get; init; } = 10;

    public TimeSpan BreakerWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a first opening lasts; each further one in a row twice as long.</summary>
    public TimeSpan BreakerOpen { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>No opening is longer.</summary>
    public TimeSpan BreakerOpenMax { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Pauses in a row after which a host is taken for gone: what waits for it is given up. With the defaults that is after 8 to 16 minutes.</summary>
    public int BreakerGivesUp { get; init; } = 6;

    /// <summary>Retries, as a percentage of first attempts within <see cref="RetryWindow"/>; the budget of Google's SRE book.</summary>
    public int RetryPercent { get; init; } = 10;

    /// <summary>Retries per window that are free of that, all hosts together; Finagle's 10 a second.</summary>
    public int RetryFloor { get; init; } = 100;

    /// <summary>Retries per window that are free of that, for one host.</summary>
    public int RetryHostFloor { get; init; } = 3;

    public TimeSpan RetryWindow { get; init; } = TimeSpan.FromSeconds(10);

    internal static HostsOptions Read(SettingsReader yaml)
    {
        var options = new HostsOptions
        {
            Concurrency = yaml.Int32("per_host_concurrency", "Requests to one host at the same time; more wait in the buffer.", 1, 1024, 2),
            Delay = yaml.Milliseconds("per_host_delay_ms", "Least milliseconds between two requests to one host, from the head of the answer to the first; 0: as fast as it answers.", 0, 86_400_000, 1000),
            LatencyFactor = yaml.Int32("delay_latency_factor", "The delay is at least this many times the host's smoothed latency, so that a slow host is asked less; 0: never. Not with per_host_delay_ms: 0.", 0, 100, 1),
            LatencyDelayMax = yaml.Milliseconds("delay_latency_max_ms", "Milliseconds: latency makes no delay longer than this.", 0, 86_400_000, 30_000),
            CrawlDelayMax = yaml.Milliseconds("crawl_delay_max_ms", "Milliseconds: a longer Crawl-delay in robots.txt counts as this; 0 ignores them.", 0, 86_400_000, 30_000),
            MostHosts = yaml.Int32("most_hosts", "Hosts that are remembered when they have no work. Beyond it the one used least recently is forgotten; one that waits or is down only after all others.", 1, 100_000_000, 100_000),
            BreakerFailures = yaml.Int32("breaker_failures", "Failures in a row after which a host is left alone (its breaker opens).", 1, 1_000_000, 5),
            BreakerPercent = yaml.Int32("breaker_failure_percent", "Percent of failures within breaker_window_ms after which a host is left alone.", 1, 100, 50),
            BreakerCalls = yaml.Int32("breaker_min_calls", "Outcomes within breaker_window_ms before a percentage counts.", 1, 1_000_000, 10),
            BreakerWindow = yaml.Milliseconds("breaker_window_ms", "Milliseconds over which failures are a percentage.", 100, 86_400_000, 60_000),
            BreakerOpen = yaml.Milliseconds("breaker_open_ms", "Milliseconds: the longest that a host is left alone the first time, doubled each time that the request after it fails. The pause is drawn from the upper half.", 1, 86_400_000, 15_000),
            BreakerOpenMax = yaml.Milliseconds("breaker_open_max_ms", "Milliseconds: a host is left alone no longer at a time.", 1, 86_400_000, 900_000),
            BreakerGivesUp = yaml.Int32("breaker_gives_up_after", "Pauses in a row after which a host is taken for gone, and what waits for it becomes dead letters (host_down).", 1, 1_000_000, 6),
            RetryPercent = yaml.Int32("retry_percent", "Retries may be this percentage of first attempts within retry_window_ms; more are put off.", 0, 100, 10),
            RetryFloor = yaml.Int32("retry_floor", "Retries within retry_window_ms that are allowed whatever retry_percent says, all hosts together.", 1, 1_000_000, 100),
            RetryHostFloor = yaml.Int32("retry_host_floor", "Retries within retry_window_ms that are allowed whatever retry_percent says, for one host.", 1, 1_000_000, 3),
            RetryWindow = yaml.Milliseconds("retry_window_ms", "Milliseconds over which retries are counted.", 100, 86_400_000, 10_000),
        };
        if (options.BreakerOpenMax < options.BreakerOpen)
            yaml.Report("breaker_open_max_ms", "must not be less than breaker_open_ms.");
        return options;
    }
}
