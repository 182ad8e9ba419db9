using Atlas.Pipeline.Buffer;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class RetryPolicyTests
{
    private static readonly BufferOptions Options = new();

    [Fact]
    public void Backoff_is_never_before_now_and_never_beyond_its_ceiling_and_uses_all_of_it()
    {
        for (var attempt = 1; attempt < 60; attempt++)
        {
            var options = Options with { MaxAttempts = 100 };
            var ceiling = Math.Min(300_000, 1_000 * Math.Pow(2, attempt - 1));
            var policy = new RetryPolicy(options, new Random(attempt));
            var pauses = Enumerable.Range(0, 200).Select(_ => (policy.Decide(Failed(Reason.Timeout, attempt), Start).DueAt - Start).TotalMilliseconds).ToList();

            Assert.All(pauses, pause => Assert.InRange(pause, 0, ceiling));
            Assert.True(pauses.Max() > ceiling * 0.9);
            Assert.True(pauses.Min() < ceiling * 0.1);
        }
    }

    [Fact]
    public void Attempts_are_bounded()
    {
        var policy = Policy();

        Assert.All(Enumerable.Range(1, 4), attempt => Assert.True(policy.Decide(Failed(Reason.Timeout, attempt), Start) is { IsDead: false, CountsAsAttempt: true, HostWaitsUntil: null }));
        Assert.True(policy.Decide(Failed(Reason.Timeout, 5), Start).IsDead);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-5, 1)]
    [InlineData(30, 30)]
    [InlineData(1_000_000, 86_400)]
    public void A_rate_limited_host_waits_what_it_asked_for_within_reason_and_no_attempt_is_used(int asked, int waits)
    {
        var decision = Policy().Decide(Failed(Reason.RateLimited, attempt: 5, retryAfter: asked), Start);

        Assert.Equal(RetryDecision.Again(Start.AddSeconds(waits), false, Start.AddSeconds(waits)), decision);
    }

    [Fact]
    public void A_host_that_is_down_waits_as_a_whole_and_no_attempt_is_used()
    {
        var decision = Policy().Decide(Failed(Reason.RobotsUnavailable, attempt: 5, retryAfter: 90), Start);

        Assert.Equal(RetryDecision.Again(Start.AddSeconds(90), false, Start.AddSeconds(90)), decision);
        Assert.True(Policy().Decide(Failed(Reason.RobotsUnavailable, 1, deferrals: 100), Start).IsDead);
    }

    [Fact]
    public void A_rate_limit_without_a_header_backs_off_by_the_deferrals()
    {
        for (var deferrals = 0; deferrals < 100; deferrals++)
        {
            var decision = new RetryPolicy(Options, new Random(deferrals)).Decide(Failed(Reason.Http(429), 1, deferrals), Start);

            Assert.Equal(decision.DueAt, decision.HostWaitsUntil);
            Assert.InRange((decision.DueAt - Start).TotalMilliseconds, 1_000, Math.Min(300_000, 1_000 * Math.Pow(2, deferrals)));
        }
    }

    [Fact]
    public void What_the_machine_lacks_costs_no_attempt_however_often_and_is_tried_again_within_seconds()
    {
        var policy = Policy();

        Assert.All(Enumerable.Range(0, 1_000), _ =>
        {
            var decision = policy.Decide(Failed(Reason.NoHandles, attempt: 5, deferrals: 100), Start);
            Assert.True(decision is { IsDead: false, CountsAsAttempt: false, IsRelease: true, HostWaitsUntil: null });
            Assert.InRange(decision.DueAt - Start, RetryPolicy.LeastLocalWait, RetryPolicy.MostLocalWait);
        });
    }

    [Fact]
    public void More_than_a_hundred_deferrals_are_given_up()
    {
        Assert.False(Policy().Decide(Failed(Reason.RateLimited, 1, deferrals: 99, retryAfter: 1), Start).IsDead);
        Assert.True(Policy().Decide(Failed(Reason.RateLimited, 1, deferrals: 100, retryAfter: 1), Start).IsDead);
    }

    [Fact]
    public void A_transient_failure_honours_what_the_host_asked_for_and_uses_an_attempt()
    {
        var decision = Policy().Decide(Failed(Reason.Http(503), 1, retryAfter: 120), Start);

        Assert.Equal(RetryDecision.Again(Start.AddSeconds(120), true, Start.AddSeconds(120)), decision);
    }

    [Fact]
    public void What_cannot_pass_is_dead() =>
        Assert.True(Policy().Decide(new Verdict(Item(1), Fate.Retry, Reason.Http(404)), Start).IsDead);

    [Fact]
    public void More_than_twenty_losses_in_a_row_are_taken_for_guilt_and_attempts_are_not()
    {
        var item = Item(1);
        (item.Attempt, item.Lost) = (100, 20);
        Assert.False(RetryPolicy.KilledTheProcess(item));
        item.Lost = 21;
        Assert.True(RetryPolicy.KilledTheProcess(item));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(20, 19)]
    [InlineData(1_000, 300)]
    public void Every_loss_after_the_first_lengthens_the_rest_up_to_the_cap(int losses, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Policy().Rest(losses));

    private static RetryPolicy Policy() => new(Options, new Random(1));

    private static Verdict Failed(Reason reason, int attempt, int deferrals = 0, int? retryAfter = null)
    {
        var item = Item(1);
        item.Attempt = attempt;
        item.Deferrals = deferrals;
        return Verdict.Failed(item, reason, "", retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
    }
}
