namespace Atlas.Pipeline.Hosts;

/// <summary>Says when a host may be asked, and learns from what comes of it: the one door to politeness, breaker, retry budget and health.</summary>
/// <remarks>
/// Plain code: time comes as UTC ticks, chance from a generator. Not for two threads at a time; who calls has a lock.
/// A request goes through <see cref="TryTake"/>, <see cref="Sent"/> and <see cref="Ended"/>, in that order; <see cref="Sent"/> is left out for one that is never sent. Each host is held in <see cref="Hosts"/> meanwhile.
/// </remarks>
internal sealed class HostGate
{
    /// <summary>When a host may be asked that an operator holds back: in no run.</summary>
    public static readonly DateTimeOffset HeldUntil = DateTimeOffset.MaxValue;

    private readonly PolitenessClock _politeness;
    private readonly CircuitBreaker _breaker;
    private readonly RetryBudget _budget;
    private readonly HostHealth _health;

    /// <param name="options">All settings.</param>
    /// <param name="random">For the jitter.</param>
    /// <param name="held">Hosts, without or with their port, that an operator holds back.</param>
    public HostGate(HostsOptions options, Random random, IReadOnlySet<string>? held = null)
    {
        _politeness = new PolitenessClock(options);
        _breaker = new CircuitBreaker(options, random);
        _budget = new RetryBudget(options, random);
        _health = new HostHealth(options);
        Hosts = new HostTable(options, _politeness, held);
    }

    /// <summary>The hosts remembered.</summary>
    public HostTable Hosts { get; }

    /// <summary>The moment in UTC ticks, past or future, from which the host may be asked; <see cref="long.MaxValue"/> while only <see cref="Sent"/> or <see cref="Ended"/> can bring it.</summary>
    public long NextAt(HostState host) => host.IsHeld ? HeldUntil.UtcTicks : Math.Max(_politeness.NextAt(host), CircuitBreaker.PassesAt(host));

    /// <summary>Whether the host has been down for so long that its URLs are given up (<c>host_down</c>) rather than wait on.</summary>
    public bool GivesUp(HostState host, long now) => !host.IsHeld && _breaker.GivesUp(host, now);

    /// <summary>From -1 to 0: see <see cref="HostHealth.Standing"/>.</summary>
    public double Standing(HostState host, long now) => _health.Standing(host, now);

    /// <summary>Takes a slot of the host for one request, at or after <see cref="NextAt"/>; false if it is a retry and over budget.</summary>
    /// <param name="host">Held.</param>
    /// <param name="isRetry">Whether the URL has been tried before.</param>
    /// <param name="now">UTC ticks.</param>
    /// <param name="again">If it is over budget: when to try again. No attempt is used.</param>
    public bool TryTake(HostState host, bool isRetry, long now, out long again)
    {
        if (NextAt(host) > now)
            throw new InvalidOperationException($"Host {host.Key} was to be asked before its time.");

        // A probe must not starve for lack of budget: nothing would ever be delivered that pays for it.
        again = 0;
        if (isRetry && host.Breaker == BreakerState.Closed && !_budget.TryRetry(host, now, out again))
            return false;
        if (!isRetry)
            _budget.First(host, now);
        CircuitBreaker.Taken(host);
        PolitenessClock.Taken(host);
        return true;
    }

    /// <summary>The request is known to have come to the host by now, or never will: its delay begins.</summary>
    public static void Sent(HostState host, long now) => PolitenessClock.Sent(host, now);

    /// <summary>The request has come to an end, or was never sent.</summary>
    /// <param name="host">Held.</param>
    /// <param name="outcome">See <see cref="HostOutcomes"/>.</param>
    /// <param name="latency">From sending to the end; null if it was not sent or nobody measured it.</param>
    /// <param name="wasSent">Whether <see cref="Sent"/> has been called for it.</param>
    /// <param name="now">UTC ticks.</param>
    public BreakerChange Ended(HostState host, HostOutcome outcome, TimeSpan? latency, bool wasSent, long now)
    {
        PolitenessClock.Ended(host, wasSent);
        switch (outcome)
        {
            case HostOutcome.Answered:
                var change = CircuitBreaker.Answered(host);
                _health.Answered(host, latency, now);
                return change;
            case HostOutcome.AskedToWait:
                // It works: that closes a breaker, and is neither a delivery nor a failure.
                return CircuitBreaker.Answered(host);
            case HostOutcome.Failed:
                _health.Failed(host, latency, now);
                return _breaker.Failed(host, now);
            default:
                CircuitBreaker.SaidNothing(host);
                return BreakerChange.None;
        }
    }

    /// <summary>The host asked to be left alone until then (Retry-After), for 24 hours at most.</summary>
    public static void Waits(HostState host, long until, long now) => PolitenessClock.Waits(host, until, now);

    /// <summary>The Crawl-delay of the host's robots.txt; null if it has none.</summary>
    public static void AsksFor(HostState host, TimeSpan? crawlDelay) => PolitenessClock.AsksFor(host, crawlDelay);
}
