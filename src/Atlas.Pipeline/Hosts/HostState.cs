namespace Atlas.Pipeline.Hosts;

/// <summary>All that is remembered of one host. The rules are elsewhere: each field says which class may change it.</summary>
/// <remarks>Not for two threads at a time. Objects are used again for other hosts: keep one only while it is held (<see cref="HostTable.Hold"/>).</remarks>
internal sealed class HostState
{
    /// <summary>Host and, unless default, port.</summary>
    public string Key { get; private set; }

    /// <summary><see cref="HostTable"/>: who keeps it from being forgotten.</summary>
    public int Holds { get; set; }

    /// <summary><see cref="HostTable"/>: its neighbours among the hosts at rest.</summary>
    public HostState? Newer { get; set; }

    public HostState? Older { get; set; }

    /// <summary><see cref="HostTable"/>: where it stands.</summary>
    public bool IsAtRest { get; set; }

    public bool IsAwaited { get; set; }

    /// <summary><see cref="CircuitBreaker"/>.</summary>
    public BreakerState Breaker { get; set; }

    /// <summary><see cref="CircuitBreaker"/>: failures in a row while closed.</summary>
    public int FailuresInARow { get; set; }

    /// <summary><see cref="CircuitBreaker"/>: openings in a row; 0 while closed.</summary>
    public int Openings { get; set; }

    /// <summary><see cref="CircuitBreaker"/>: UTC ticks.</summary>
    public long OpenUntil { get; set; }

    /// <summary><see cref="PolitenessClock"/>: taken and not ended.</summary>
    public int InFlight { get; set; }

    /// <summary><see cref="PolitenessClock"/>: of those, not sent yet.</summary>
    public int Unsent { get; set; }

    /// <summary><see cref="PolitenessClock"/>: UTC ticks of the last request; 0 for none.</summary>
    public long SentAt { get; set; }

    /// <summary><see cref="PolitenessClock"/>: UTC ticks; what the host asked for itself.</summary>
    public long WaitsUntil { get; set; }

    /// <summary><see cref="PolitenessClock"/>: of its robots.txt, in milliseconds; 0 for none.</summary>
    public int CrawlDelayMs { get; set; }

    /// <summary><see cref="HostHealth"/>: smoothed, in milliseconds; 0 before the first answer.</summary>
    public float LatencyMs { get; set; }

    /// <summary><see cref="HostHealth"/>: answers, and failures (marked).</summary>
    public ref SlidingCounts Outcomes => ref _outcomes;

    /// <summary><see cref="RetryBudget"/>: first attempts, and retries (marked).</summary>
    public ref SlidingCounts Attempts => ref _attempts;

    /// <summary><see cref="HostTable"/>: an operator holds it back; it is not asked until it is released.</summary>
    public bool IsHeld { get; set; }

    private SlidingCounts _outcomes;
    private SlidingCounts _attempts;

    public HostState(string key) => Key = key;

    /// <summary>Forgets everything and stands for another host.</summary>
    public void Become(string key)
    {
        Key = key;
        (Holds, Newer, Older, IsAtRest, IsAwaited) = (0, null, null, false, false);
        (Breaker, FailuresInARow, Openings, OpenUntil) = (BreakerState.Closed, 0, 0, 0);
        (InFlight, Unsent, SentAt, WaitsUntil, CrawlDelayMs, LatencyMs) = (0, 0, 0, 0, 0, 0);
        (_outcomes, _attempts) = (default, default);
    }
}
