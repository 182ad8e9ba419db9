namespace Atlas.Pipeline.Hosts;

/// <summary>What an outcome did to a host's breaker: for the log, and a reason to store the host's record.</summary>
internal enum BreakerChange : byte
{
    None = 0,

    /// <summary>The host is left alone from now on, or for another time.</summary>
    Opened,

    /// <summary>The host is back.</summary>
    Closed,
}
