using Atlas.Pipeline.Hosts;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Hosts;

/// <summary>What must hold whatever hosts do and whenever we look.</summary>
public sealed class HostGateProperties
{
    private static readonly HostsOptions Options = new() { Concurrency = 3, Delay = TimeSpan.FromSeconds(1), BreakerFailures = 2, BreakerOpen = TimeSpan.FromSeconds(4) };

    [Property(MaxTest = 500)]
    public void A_host_is_never_asked_before_its_time_and_never_by_two_probes(byte[] script, int seed)
    {
        var bed = new HostTestBed(Options, seed);
        var flight = new Queue<bool>();
        var (sentAt, waitsUntil, openUntil, probes, crawlDelay) = (long.MinValue, 0L, 0L, 0, TimeSpan.Zero);
        foreach (var step in script)
        {
            bed.Pass(step / 32 / 2.0);
            switch (step % 8)
            {
                case 0 or 1 or 2 or 3 when bed.Wait == TimeSpan.Zero:
                    // What the gate allows is checked against what a plain reading of the rules would.
                    Assert.True(flight.Count < Options.Concurrency);
                    Assert.True(bed.Now >= waitsUntil && bed.Now >= openUntil);
                    Assert.Equal(0, probes);
                    Assert.True(sentAt == long.MinValue || bed.Now - sentAt >= Math.Max(Options.Delay.Ticks, crawlDelay.Ticks));
                    if (bed.Host.Breaker == BreakerState.Open)
                    {
                        Assert.Empty(flight);
                        probes++;
                    }

                    bed.Take();
                    flight.Enqueue(true);
                    if (step % 8 == 3)
                    {
                        // Never sent.
                        flight = new Queue<bool>(flight.SkipLast(1));
                        bed.End(HostOutcome.Nothing, wasSent: false);
                        probes = 0;
                        break;
                    }

                    bed.Send();
                    sentAt = bed.Now;
                    break;
                case 4 or 5 or 6 when flight.TryDequeue(out _):
                    var outcome = (HostOutcome)(step % 8 == 6 ? step / 8 % 4 : step % 8 == 4 ? 1 : 2);
                    var change = bed.End(outcome);
                    probes = 0;
                    if (change == BreakerChange.Opened)
                        openUntil = bed.Now + (Options.BreakerOpen.Ticks / 2);
                    if (change == BreakerChange.Closed)
                        openUntil = 0;
                    break;
                case 7 when step > 128:
                    waitsUntil = Math.Max(waitsUntil, bed.Now + (step % 16 * TimeSpan.TicksPerSecond));
                    HostGate.Waits(bed.Host, bed.Now + (step % 16 * TimeSpan.TicksPerSecond), bed.Now);
                    break;
                case 7:
                    crawlDelay = TimeSpan.FromSeconds(step % 5);
                    HostGate.AsksFor(bed.Host, crawlDelay);
                    break;
                default:
                    break;
            }
        }
    }

    [Property(MaxTest = 200)]
    public void A_host_is_never_shut_for_ever(byte[] script, int seed)
    {
        var bed = new HostTestBed(Options, seed);
        foreach (var step in script.Where(step => step % 4 != 0 || step < 128))
        {
            if (bed.Wait is { } wait)
            {
                bed.Pass(wait);
                bed.Take();
                bed.Send();
                bed.End((HostOutcome)(step % 4));
            }

            // With nothing in flight the next moment is known, and no further off than the longest pause.
            Assert.True(bed.Wait <= Options.BreakerOpenMax);
        }
    }

    [Fact]
    public void A_retry_over_budget_is_put_off_and_takes_no_slot()
    {
        var bed = new HostTestBed(new() { Delay = TimeSpan.Zero, Concurrency = 1 });
        for (var i = 0; i < 3; i++)
        {
            bed.Take(isRetry: true);
            bed.Send();
            bed.End(HostOutcome.Answered);
        }

        Assert.False(bed.Gate.TryTake(bed.Host, isRetry: true, bed.Now, out var again));

        Assert.True(again > bed.Now);
        Assert.Equal(TimeSpan.Zero, bed.Wait);
        Assert.True(bed.Gate.TryTake(bed.Host, isRetry: false, bed.Now, out _));
    }

    [Fact]
    public void A_probe_is_let_through_whatever_the_budget()
    {
        var bed = new HostTestBed(new() { Delay = TimeSpan.Zero });
        while (bed.Gate.TryTake(bed.Host, isRetry: true, bed.Now, out _))
        {
            bed.Send();
            bed.End(HostOutcome.Failed);
        }

        bed.Fail(2);
        Assert.Equal(BreakerState.Open, bed.Host.Breaker);
        bed.Pass(bed.Wait!.Value);

        Assert.True(bed.Gate.TryTake(bed.Host, isRetry: true, bed.Now, out _));
    }
}
