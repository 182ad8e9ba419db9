namespace Atlas.Pipeline.Buffer;

/// <summary>Decides what follows a failed attempt. Plain code: chance comes from the given generator, the present from the caller.</summary>
/// <remarks>
/// Backoff is exponential with full jitter: drawn evenly between zero and <c>min(cap, base * 2^(failures - 1))</c>, so that items that failed together do not come back together.
/// Not safe for two threads at a time, as its generator is not.
/// </remarks>
internal sealed class RetryPolicy(BufferOptions options, Random random)
{
    /// <summary>How often a host may put one item off before it is given up.</summary>
    public const int MostDeferrals = 100;

    /// <summary>Crashes in a row that a URL may be leased in. More than anybody who kills a slow crawl by hand or by script will hit one URL with, few enough for a URL that kills at once to be found.</summary>
    public const int MostLosses = 20;

    /// <summary>The least wait a Retry-After is taken for.</summary>
    public static readonly TimeSpan LeastHostWait = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait a Retry-After is taken for.</summary>
    public static readonly TimeSpan MostHostWait = TimeSpan.FromHours(24);

    /// <summary>The least time after which an item that this machine's own lack has hindered is tried again.</summary>
    public static readonly TimeSpan LeastLocalWait = TimeSpan.FromSeconds(1);

    /// <summary>The longest such time.</summary>
    public static readonly TimeSpan MostLocalWait = TimeSpan.FromSeconds(5);

    /// <summary>The answer to a verdict that asks for a retry. Any class of failure that cannot pass is dead.</summary>
    /// <param name="verdict">Its item's attempt counts the one that failed; its deferrals do not count this one.</param>
    /// <param name="now">The present.</param>
    public RetryDecision Decide(Verdict verdict, DateTimeOffset now) => verdict.Reason.Class switch
    {
        ErrorClass.Transient => AfterFailure(verdict, now),
        ErrorClass.RateLimited or ErrorClass.HostDown => AfterRefusal(verdict, now),
        ErrorClass.Local => RetryDecision.Release(now + LeastLocalWait + ((MostLocalWait - LeastLocalWait) * random.NextDouble())),
        _ => RetryDecision.Dead,
    };

    /// <summary>Whether an item that a start finds unfinished is taken to have killed the process.</summary>
    public static bool KilledTheProcess(WorkItem unfinished) => unfinished.Lost > MostLosses;

    /// <summary>How long a lost item rests after a start, so that the process gets something else done before it may die of it again: one backoff base for every loss after the first.</summary>
    public TimeSpan Rest(int losses)
    {
        var rest = options.BackoffBase * Math.Max(0, losses - 1);
        return rest < options.BackoffCap ? rest : options.BackoffCap;
    }

    private RetryDecision AfterFailure(Verdict verdict, DateTimeOffset now)
    {
        if (verdict.Item.Attempt >= options.MaxAttempts)
            return RetryDecision.Dead;

        var dueAt = now + Backoff(verdict.Item.Attempt);
        if (verdict.RetryAfter is not { } asked)
            return RetryDecision.Again(dueAt, countsAsAttempt: true, hostWaitsUntil: null);

        var until = now + Clamped(asked);
        return RetryDecision.Again(dueAt > until ? dueAt : until, countsAsAttempt: true, until);
    }

    private RetryDecision AfterRefusal(Verdict verdict, DateTimeOffset now)
    {
        if (verdict.Item.Deferrals >= MostDeferrals)
            return RetryDecision.Dead;

        // Without a header the jitter could come out near zero, and the host has just said it is asked too much or been found down: hence the same least wait.
        var until = now + Clamped(verdict.RetryAfter ?? Backoff(verdict.Item.Deferrals + 1));
        return RetryDecision.Again(until, countsAsAttempt: false, until);
    }

    private TimeSpan Backoff(int failures)
    {
        // 2^30 times the least base is past any cap; the shift must not overflow.
        var ceiling = Math.Min(options.BackoffCap.TotalMilliseconds, options.BackoffBase.TotalMilliseconds * (1L << Math.Clamp(failures - 1, 0, 30)));
        return TimeSpan.FromMilliseconds(ceiling * random.NextDouble());
    }

    private static TimeSpan Clamped(TimeSpan asked) =>
        asked < LeastHostWait ? LeastHostWait : asked > MostHostWait ? MostHostWait : asked;
}
