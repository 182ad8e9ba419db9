using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class HostRecordTests
{
    private static readonly HostsOptions Options = new();

    [Fact]
    public void A_restart_forgets_no_wait_no_breaker_and_no_crawl_delay()
    {
        var before = new HostTestBed();
        HostGate.AsksFor(before.Host, TimeSpan.FromSeconds(7));
        before.Ask(HostOutcome.Answered, 3);
        HostGate.Waits(before.Host, before.Now + TimeSpan.FromHours(1).Ticks, before.Now);
        before.Fail(6);

        var after = Restart(before);

        Assert.Equal(before.Wait, after.Wait);
        Assert.Equal((7_000, 3_000f, 2), (after.Host.CrawlDelayMs, after.Host.LatencyMs, after.Host.Openings));
        Assert.Equal(BreakerState.Open, after.Host.Breaker);
    }

    [Fact]
    public void A_probe_that_a_crash_interrupts_is_made_again()
    {
        var before = new HostTestBed();
        before.Fail(5);
        before.Pass(15);
        before.Take();

        var after = Restart(before);

        Assert.Equal(TimeSpan.Zero, after.Wait);
        after.Take();
        Assert.Equal(BreakerState.HalfOpen, after.Host.Breaker);
    }

    [Fact]
    public void Most_hosts_need_no_row()
    {
        var bed = new HostTestBed();
        bed.Ask(HostOutcome.Answered, 0.1);

        Assert.Empty(bed.Gate.Hosts.Records(bed.Now));
        bed.Fail(5);
        Assert.Equal("a.test", Assert.Single(bed.Gate.Hosts.Records(bed.Now)).Key);
    }

    [Fact]
    public void A_record_that_no_run_can_have_written_silences_no_host_for_long()
    {
        var bed = new HostTestBed();

        bed.Gate.Hosts.Restore(new HostRecord("a.test", long.MaxValue, long.MaxValue, -5, float.NaN, int.MaxValue, int.MaxValue, long.MaxValue), bed.Now);

        Assert.Equal(TimeSpan.FromHours(24), bed.Wait);
        Assert.Equal(bed.Now + Options.BreakerOpenMax.Ticks, bed.Host.OpenUntil);
        bed.Pass(86_400);
        bed.Fail(1);
        Assert.Equal(0, bed.Host.LatencyMs);
        Assert.InRange(bed.Wait!.Value.TotalSeconds, 450, 900);
    }

    private static HostTestBed Restart(HostTestBed before)
    {
        var after = new HostTestBed();
        after.Pass(TimeSpan.FromTicks(before.Now - after.Now));
        foreach (var record in before.Gate.Hosts.Records(before.Now))
            after.Gate.Hosts.Restore(record, after.Now);
        return after;
    }
}
