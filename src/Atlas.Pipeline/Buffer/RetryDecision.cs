namespace Atlas.Pipeline.Buffer;

/// <summary>The answer to a failed attempt: again at a later moment, or given up.</summary>
/// <param name="IsDead">Given up; the other values mean nothing then.</param>
/// <param name="DueAt">When the item may be tried again.</param>
/// <param name="CountsAsAttempt">False when the host's wish cut the attempt short.</param>
/// <param name="HostWaitsUntil">Until when nothing at all is asked of the host, if it asked for that.</param>
/// <param name="IsRelease">Nothing was learnt about the item: it is as if it had never been claimed.</param>
internal readonly record struct RetryDecision(bool IsDead, DateTimeOffset DueAt, bool CountsAsAttempt, DateTimeOffset? HostWaitsUntil, bool IsRelease = false)
{
    public static readonly RetryDecision Dead = new(true, default, true, null);

    public static RetryDecision Release(DateTimeOffset dueAt) => new(false, dueAt, false, null, IsRelease: true);

    public static RetryDecision Again(DateTimeOffset dueAt, bool countsAsAttempt, DateTimeOffset? hostWaitsUntil) =>
        new(false, dueAt, countsAsAttempt, hostWaitsUntil);
}
