namespace Atlas.Pipeline;

/// <summary>What a stage decided about one work item. Bad input is a verdict, never an exception.</summary>
internal readonly record struct Verdict(WorkItem Item, Fate Fate, Reason Reason = default, string Detail = "", TimeSpan? RetryAfter = null)
{
    public static Verdict Forward(WorkItem item) => new(item, Fate.Forward);

    /// <summary>Its host answered with a redirect, to <see cref="WorkItem.RedirectsTo"/>.</summary>
    public static Verdict Redirected(WorkItem item) => new(item, Fate.Redirect);

    /// <summary>Its document was asked for again and is what it was: <see cref="WorkItem.Confirmed"/>.</summary>
    public static Verdict Confirmed(WorkItem item) => new(item, Fate.Confirmed);

    /// <summary>Failed in a way that may pass, or that the host asked for. When to come back is for the retry policy to say.</summary>
    /// <param name="item">The item.</param>
    /// <param name="reason">Why it failed.</param>
    /// <param name="detail">One line for people.</param>
    /// <param name="retryAfter">What the host asked for, if it did.</param>
    public static Verdict Failed(WorkItem item, Reason reason, string detail, TimeSpan? retryAfter = null) =>
        new(item, reason.Class is ErrorClass.Transient or ErrorClass.RateLimited or ErrorClass.HostDown or ErrorClass.Local ? Fate.Retry : Fate.DeadLetter, reason, detail, retryAfter);

    /// <summary>The URL leaves against our will: written to the DLQ with its reason, so that it can be replayed.</summary>
    public static Verdict DeadLetter(WorkItem item, Reason reason, string detail) => new(item, Fate.DeadLetter, reason, detail);

    /// <summary>The run ended before anything was decided: the item goes back to the queue as if it had never been claimed.</summary>
    public static Verdict Interrupted(WorkItem item) => new(item, Fate.Interrupted);
}
