using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class PolitenessClockTests
{
    [Fact]
    public void The_delay_counts_from_the_sending_and_not_from_the_taking()
    {
        var bed = new HostTestBed(new() { Delay = TimeSpan.FromSeconds(2) });

        bed.Take();
        bed.Pass(1.5);
        Assert.Null(bed.Wait);
        bed.Send();

        Assert.Equal(TimeSpan.FromSeconds(2), bed.Wait);
    }

    [Fact]
    public void Without_a_delay_requests_may_be_taken_before_others_are_sent_up_to_the_slots()
    {
        var bed = new HostTestBed(new() { Delay = TimeSpan.Zero, Concurrency = 2 });

        bed.Take();
        Assert.Equal(TimeSpan.Zero, bed.Wait);
        bed.Take();
        Assert.Null(bed.Wait);
        bed.End(HostOutcome.Nothing, wasSent: false);

        Assert.Equal(TimeSpan.Zero, bed.Wait);
    }

    [Fact]
    public void What_is_taken_and_never_sent_costs_no_delay()
    {
        var bed = new HostTestBed(new() { Delay = TimeSpan.FromSeconds(2) });

        bed.Take();
        bed.End(HostOutcome.Nothing, wasSent: false);

        Assert.Equal(TimeSpan.Zero, bed.Wait);
    }

    [Theory]
    [InlineData(0.4, 1, 1)]
    [InlineData(5, 1, 5)]
    [InlineData(5, 3, 15)]
    [InlineData(50, 3, 30)]
    [InlineData(5, 0, 1)]
    public void A_slow_host_is_asked_less(double latency, int factor, double delay)
    {
        var bed = new HostTestBed(new() { LatencyFactor = factor });

        bed.Ask(HostOutcome.Answered, latency);

        Assert.Equal(delay, bed.Wait!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void Whoever_wants_no_delay_gets_none_from_latency_either()
    {
        var bed = new HostTestBed(new() { Delay = TimeSpan.Zero, LatencyFactor = 5 });

        bed.Ask(HostOutcome.Answered, 5);

        Assert.Equal(TimeSpan.Zero, bed.Wait);
    }

    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(7, 7)]
    [InlineData(31, 30)]
    [InlineData(1e9, 30)]
    public void A_crawl_delay_is_kept_up_to_the_cap_and_never_shortens_our_own(double asked, double delay)
    {
        var bed = new HostTestBed();
        bed.Take();
        bed.Send();

        // It may become known only while the first request is under way.
        HostGate.AsksFor(bed.Host, TimeSpan.FromSeconds(asked));
        bed.End(HostOutcome.Answered);

        Assert.Equal(TimeSpan.FromSeconds(delay), bed.Wait);
    }

    [Fact]
    public void A_crawl_delay_that_is_gone_from_the_file_is_gone()
    {
        var bed = new HostTestBed();
        bed.Ask(HostOutcome.Answered);
        HostGate.AsksFor(bed.Host, TimeSpan.FromSeconds(20));
        HostGate.AsksFor(bed.Host, null);

        Assert.Equal(TimeSpan.FromSeconds(1), bed.Wait);
    }

    [Fact]
    public void A_shorter_wait_does_not_end_a_longer_one_and_no_wait_is_longer_than_a_day()
    {
        var bed = new HostTestBed();

        HostGate.Waits(bed.Host, bed.Now + TimeSpan.FromHours(2).Ticks, bed.Now);
        HostGate.Waits(bed.Host, bed.Now + TimeSpan.FromHours(1).Ticks, bed.Now);
        Assert.Equal(TimeSpan.FromHours(2), bed.Wait);
        HostGate.Waits(bed.Host, long.MaxValue, bed.Now);

        Assert.Equal(TimeSpan.FromHours(24), bed.Wait);
    }

    [Fact]
    public void Asking_before_the_time_is_a_bug_that_is_named()
    {
        var bed = new HostTestBed();
        bed.Ask(HostOutcome.Answered);

        Assert.Contains("a.test", Assert.Throws<InvalidOperationException>(() => bed.Take()).Message, StringComparison.Ordinal);
    }
}
