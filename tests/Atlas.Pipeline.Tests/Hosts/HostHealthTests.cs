using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class HostHealthTests
{
    private static readonly HostsOptions Options = new() { Delay = TimeSpan.Zero, BreakerFailures = 1000, BreakerCalls = 1000 };

    [Fact]
    public void Latency_is_smoothed_and_begins_with_the_first_answer()
    {
        var bed = new HostTestBed(Options);

        bed.Ask(HostOutcome.Answered, 0.8);
        Assert.Equal(800, bed.Host.LatencyMs, 3);
        bed.Ask(HostOutcome.Answered, 1.6);
        Assert.Equal(900, bed.Host.LatencyMs, 3);
    }

    [Fact]
    public void A_fast_failure_does_not_make_a_host_fast_and_a_slow_one_makes_it_slow()
    {
        var bed = new HostTestBed(Options);
        bed.Ask(HostOutcome.Answered, 0.8);

        bed.Ask(HostOutcome.Failed, 0.001);
        Assert.Equal(800, bed.Host.LatencyMs, 3);
        bed.Ask(HostOutcome.Failed, 8.8);
        Assert.Equal(1800, bed.Host.LatencyMs, 3);
    }

    [Fact]
    public void A_host_that_fails_sinks_and_rises_as_it_delivers()
    {
        var (good, bad, unknown) = (new HostTestBed(Options), new HostTestBed(Options), new HostTestBed(Options));
        var standings = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            good.Ask(HostOutcome.Answered);
            bad.Ask(HostOutcome.Failed);
            Assert.Equal(0, good.Gate.Standing(good.Host, good.Now));
            standings.Add(bad.Gate.Standing(bad.Host, bad.Now));
        }

        Assert.Equal(0, unknown.Gate.Standing(unknown.Host, unknown.Now));
        Assert.Equal(standings.OrderDescending(), standings);
        Assert.InRange(standings[^1], -1, -0.9);
        bad.Ask(HostOutcome.Answered);
        Assert.True(bad.Gate.Standing(bad.Host, bad.Now) > standings[^1]);
    }

    [Fact]
    public void What_is_long_past_is_forgiven()
    {
        var bed = new HostTestBed(Options);
        bed.Fail(20);

        bed.Pass(61);

        Assert.Equal(0, bed.Gate.Standing(bed.Host, bed.Now));
    }

    [Theory]
    [InlineData("http_503", nameof(HostOutcome.Failed))]
    [InlineData("http_500", nameof(HostOutcome.Failed))]
    [InlineData("http_404", nameof(HostOutcome.Answered))]
    [InlineData("http_501", nameof(HostOutcome.Answered))]
    [InlineData("http_304", nameof(HostOutcome.Answered))]
    [InlineData("http_429", nameof(HostOutcome.AskedToWait))]
    [InlineData("rate_limited", nameof(HostOutcome.AskedToWait))]
    [InlineData("dns_failed", nameof(HostOutcome.Failed))]
    [InlineData("connect_failed", nameof(HostOutcome.Failed))]
    [InlineData("connection_reset", nameof(HostOutcome.Failed))]
    [InlineData("timeout", nameof(HostOutcome.Failed))]
    [InlineData("too_slow", nameof(HostOutcome.Failed))]
    [InlineData("protocol_error", nameof(HostOutcome.Failed))]
    [InlineData("robots_unavailable", nameof(HostOutcome.Failed))]
    [InlineData("too_large", nameof(HostOutcome.Answered))]
    [InlineData("bad_encoding", nameof(HostOutcome.Answered))]
    [InlineData("tls_failed", nameof(HostOutcome.Nothing))]
    [InlineData("robots_disallowed", nameof(HostOutcome.Nothing))]
    [InlineData("address_blocked", nameof(HostOutcome.Nothing))]
    [InlineData("killed_the_process", nameof(HostOutcome.Nothing))]
    [InlineData("unexpected", nameof(HostOutcome.Nothing))]
    public void A_reason_says_something_about_the_host(string reason, string outcome)
    {
        Assert.True(Reason.TryParse(reason, out var parsed));
        Assert.Equal(outcome, HostOutcomes.Of(parsed).ToString());
    }
}
