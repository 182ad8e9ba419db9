namespace Atlas.Pipeline.Fetch;

/// <summary>What became of asking one host for its robots.txt: rules, or the failure that keeps us from having any.</summary>
internal sealed record RobotsAnswer(RobotsRules? Rules, Reason Failure, string Detail, TimeSpan? RetryAfter)
{
    public static RobotsAnswer Of(RobotsRules rules) => new(rules, Reason.None, "", null);
}
