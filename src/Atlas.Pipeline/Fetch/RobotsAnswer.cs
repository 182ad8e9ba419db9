namespace Atlas.Pipeline.Fetch;

/// <summary>What became of asking one host for its robots.txt: rules, or the failure that keeps us from having any.</summary>
internal sealed record RobotsAnswer(RobotsRules? Rules, Reason Failure, string Detail, TimeSpan? RetryAfter)
{
    private static readonly RobotsAnswer AllowAll = new(RobotsRules.AllowAll, Reason.None, "", null);

    /// <summary>About what it takes in memory, beyond what all hosts share.</summary>
    public int Bytes => ReferenceEquals(this, AllowAll) ? 0 : 64 + (2 * Detail.Length) + (Rules?.Bytes ?? 0);

    public static RobotsAnswer Of(RobotsRules rules) => ReferenceEquals(rules, RobotsRules.AllowAll) ? AllowAll : new(rules, Reason.None, "", null);
}
