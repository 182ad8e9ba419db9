using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class CircuitBreakerTests
{
    private static readonly HostsOptions Options = new() { Delay = TimeSpan.Zero, LatencyFactor = 0, Concurrency = 100 };

    [Fact]
    public void It_opens_on_five_failures_in_a_row()
    {
        var bed = new HostTestBed(Options);

        bed.Fail(4);
        Assert.Equal(TimeSpan.Zero, bed.Wait);
        Assert.Equal(BreakerChange.Opened, bed.Ask(HostOutcome.Failed));

        Assert.InRange(bed.Wait!.Value.TotalSeconds, 7.5, 15);
    }

    [Fact]
    public void An_answer_between_failures_begins_the_row_anew()
    {
        var bed = new HostTestBed(Options);

        bed.Fail(4);
        bed.Ask(HostOutcome.Answered);
        bed.Fail(4);

        Assert.Equal(BreakerState.Closed, bed.Host.Breaker);
    }

    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(6, 4, false)]
    [InlineData(4, 4, false)]
    public void It_opens_on_half_of_ten_calls_in_a_minute(int answers, int failures, bool opens)
    {
        var bed = new HostTestBed(Options with { BreakerFailures = 1000 });

        for (var i = 0; i < answers; i++)
            bed.Ask(HostOutcome.Answered);
        bed.Fail(failures);

        Assert.Equal(opens, bed.Host.Breaker == BreakerState.Open);
    }

    [Fact]
    public void Failures_older_than_the_window_are_no_percentage()
    {
        var bed = new HostTestBed(Options with { BreakerFailures = 1000 });

        bed.Fail(9);
        bed.Pass(61);
        bed.Fail(9);

        Assert.Equal(BreakerState.Closed, bed.Host.Breaker);
    }

    [Fact]
    public void Each_opening_in_a_row_is_twice_as_long_up_to_the_cap_and_drawn_from_the_upper_half()
    {
        var pauses = new List<(double Drawn, double Most)>();
        for (var seed = 0; seed < 50; seed++)
        {
            var bed = new HostTestBed(Options, seed);
            bed.Fail(5);
            for (var opening = 0; opening < 12; opening++)
            {
                pauses.Add((bed.Wait!.Value.TotalSeconds, Math.Min(900, 15 * Math.Pow(2, opening))));
                bed.Fail(1);
            }
        }

        Assert.All(pauses, pause => Assert.InRange(pause.Drawn, pause.Most / 2, pause.Most));
        Assert.Contains(pauses, pause => pause.Drawn < pause.Most * 0.55);
        Assert.Contains(pauses, pause => pause.Drawn > pause.Most * 0.95);
    }

    [Fact]
    public void Half_open_lets_one_probe_through_and_no_second()
    {
        var bed = new HostTestBed(Options);
        bed.Fail(5);
        bed.Pass(15);

        Assert.Equal(TimeSpan.Zero, bed.Wait);
        bed.Take();

        Assert.Null(bed.Wait);
        bed.Send();
        Assert.Null(bed.Wait);
    }

    [Theory]
    [InlineData(nameof(HostOutcome.Answered))]
    [InlineData(nameof(HostOutcome.AskedToWait))]
    public void A_probe_that_is_answered_closes_it_and_what_failed_before_is_forgotten(string outcome)
    {
        var bed = new HostTestBed(Options);
        bed.Fail(5);
        bed.Fail(3);

        Assert.Equal(BreakerChange.Closed, bed.Ask(Enum.Parse<HostOutcome>(outcome)));

        bed.Fail(4);
        Assert.Equal(BreakerState.Closed, bed.Host.Breaker);
        bed.Fail(1);
        Assert.InRange(bed.Wait!.Value.TotalSeconds, 7.5, 15);
    }

    [Fact]
    public void A_probe_that_says_nothing_makes_way_for_another_one()
    {
        var bed = new HostTestBed(Options);
        bed.Fail(5);

        Assert.Equal(BreakerChange.None, bed.Ask(HostOutcome.Nothing));

        Assert.Equal(TimeSpan.Zero, bed.Wait);
        Assert.Equal(BreakerChange.Opened, bed.Ask(HostOutcome.Failed));
        Assert.InRange(bed.Wait!.Value.TotalSeconds, 15, 30);
    }

    [Theory]
    [InlineData(nameof(HostOutcome.Answered))]
    [InlineData(nameof(HostOutcome.Failed))]
    public void What_was_sent_before_it_opened_is_not_the_probe(string late)
    {
        var bed = new HostTestBed(Options);
        bed.Take();
        bed.Send();
        bed.Fail(5);

        bed.Pass(20);
        Assert.Null(bed.Wait);
        Assert.Equal(BreakerChange.None, bed.End(Enum.Parse<HostOutcome>(late)));

        Assert.Equal(TimeSpan.Zero, bed.Wait);
        Assert.Equal(BreakerState.Open, bed.Host.Breaker);
    }

    [Fact]
    public void A_host_that_stays_down_is_given_up_after_six_pauses_until_a_probe_is_answered()
    {
        var bed = new HostTestBed(Options);
        bed.Fail(5 + 5);
        Assert.False(bed.Gate.GivesUp(bed.Host, bed.Now));

        bed.Fail(1);
        Assert.True(bed.Gate.GivesUp(bed.Host, bed.Now));

        bed.Pass(bed.Wait!.Value);
        Assert.False(bed.Gate.GivesUp(bed.Host, bed.Now));
        bed.Ask(HostOutcome.Answered);
        bed.Fail(5);
        Assert.False(bed.Gate.GivesUp(bed.Host, bed.Now));
    }
}
