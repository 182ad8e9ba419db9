namespace Atlas.Pipeline.Hosts;

/// <summary>From a fetch's reason to what it says about the host.</summary>
internal static class HostOutcomes
{
    private const int FirstHttpStatus = 1000;

    /// <summary>What a verdict of the fetch stage says about the host of its item.</summary>
    public static HostOutcome Of(Verdict verdict) => verdict.Fate switch
    {
        Fate.Forward or Fate.Redirect or Fate.Confirmed => HostOutcome.Answered,
        Fate.Interrupted => HostOutcome.Nothing,
        _ => Of(verdict.Reason),
    };

    /// <summary>What a failure says about the host.</summary>
    /// <remarks>
    /// <c>tls_failed</c> says nothing, though it keeps us out: it fails each URL at once and for good, and with an open breaker they would wait to hear that.
    /// <c>unexpected</c> is a fault of ours.
    /// </remarks>
    public static HostOutcome Of(Reason reason)
    {
        switch (reason.Class)
        {
            case ErrorClass.RateLimited:
                return HostOutcome.AskedToWait;
            case ErrorClass.HostDown:
                return HostOutcome.Failed;
            case ErrorClass.Transient:
                return reason == Reason.Unexpected ? HostOutcome.Nothing : HostOutcome.Failed;
            default:
                return reason.Code >= FirstHttpStatus || AnsweredBadly(reason) ? HostOutcome.Answered : HostOutcome.Nothing;
        }
    }

    private static bool AnsweredBadly(Reason reason) =>
        reason == Reason.TooLarge || reason == Reason.HeadersTooLarge || reason == Reason.DecompressionBomb || reason == Reason.BadEncoding
        || reason == Reason.TooManyRedirects || reason == Reason.RedirectRefused;
}
