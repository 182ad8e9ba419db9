namespace Atlas.Pipeline.Hosts;

/// <summary>When a host may be asked next without rudeness: a slot is free, its delay since the last request has passed, and the wait it asked for is over.</summary>
/// <remarks>
/// The delay counts from the moment when a request is known to have come to the host, by the head of its answer: between deciding on it and its coming lie queues and the making of a connection,
/// and two requests that were apart when they were taken must not arrive together. So until then none of that host is taken after it, unless there is no delay.
/// </remarks>
internal sealed class PolitenessClock(HostsOptions options)
{
    /// <summary>The longest wait that a host may ask for; a longer one counts as this.</summary>
    public static readonly TimeSpan MostWait = TimeSpan.FromHours(24);

    /// <summary>The moment in UTC ticks, past or future; <see cref="long.MaxValue"/> while only <see cref="Sent"/> or <see cref="Ended"/> can bring it.</summary>
    public long NextAt(HostState host)
    {
        var delay = DelayOf(host);
        return host.InFlight >= options.Concurrency || (host.Unsent > 0 && delay > TimeSpan.Zero) ? long.MaxValue : RestsUntil(host);
    }

    /// <summary>The same if nothing were in flight.</summary>
    public long RestsUntil(HostState host) => Math.Max(host.WaitsUntil, host.SentAt + DelayOf(host).Ticks);

    /// <summary>Least time between two requests to the host.</summary>
    public TimeSpan DelayOf(HostState host)
    {
        var delay = options.Delay;
        if (host.CrawlDelayMs > 0)
            delay = Longer(delay, Shorter(TimeSpan.FromMilliseconds(host.CrawlDelayMs), options.CrawlDelayMax));
        if (options.LatencyFactor > 0 && options.Delay > TimeSpan.Zero)
            delay = Longer(delay, Shorter(TimeSpan.FromMilliseconds(options.LatencyFactor * (double)host.LatencyMs), options.LatencyDelayMax));
        return delay;
    }

    /// <summary>A slot is taken.</summary>
    public static void Taken(HostState host)
    {
        host.InFlight++;
        host.Unsent++;
    }

    /// <summary>A taken request has come to the host.</summary>
    public static void Sent(HostState host, long now)
    {
        host.Unsent--;
        host.SentAt = Math.Max(host.SentAt, now);
    }

    /// <summary>A taken request has ended.</summary>
    /// <param name="wasSent">Whether it had been sent.</param>
    public static void Ended(HostState host, bool wasSent)
    {
        host.InFlight--;
        if (!wasSent)
            host.Unsent--;
    }

    /// <summary>The host asked to be left alone (Retry-After). A shorter wait does not end a longer one.</summary>
    public static void Waits(HostState host, long until, long now) =>
        host.WaitsUntil = Math.Max(host.WaitsUntil, Math.Min(until, now + MostWait.Ticks));

    /// <summary>The Crawl-delay of the host's robots.txt; null or zero if it has none. It holds for requests that have been sent as well.</summary>
    public static void AsksFor(HostState host, TimeSpan? crawlDelay) =>
        host.CrawlDelayMs = (int)Math.Clamp((crawlDelay ?? TimeSpan.Zero).TotalMilliseconds, 0, int.MaxValue);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
