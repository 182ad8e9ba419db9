namespace Atlas.Pipeline.Hosts;

/// <summary>The three states of a circuit breaker. The ledger stores the values.</summary>
internal enum BreakerState : byte
{
    /// <summary>The host is asked as ever.</summary>
    Closed = 0,

    /// <summary>The host is left alone until a moment.</summary>
    Open = 1,

    /// <summary>One request is under way to find out whether the host is back.</summary>
    HalfOpen = 2,
}
