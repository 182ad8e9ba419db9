using Atlas.Pipeline.Hosts;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class SlidingCountsTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(8);

    [Property(MaxTest = 300)]
    public void A_count_errs_by_a_quarter_of_the_window_and_to_one_side_only(ushort[] steps)
    {
        var counts = default(SlidingCounts);
        var events = new List<long>();
        var now = 0L;
        foreach (var step in steps)
        {
            now += step * TimeSpan.TicksPerMillisecond / 4;
            counts.Add(isMarked: true, now, Window);
            counts.Add(isMarked: false, now, Window);
            events.Add(now);

            var quarter = SlidingCounts.QuarterOf(Window);
            Assert.InRange(counts.PlainWithin(now, Window), Since(Window.Ticks - quarter), Since(Window.Ticks));
            Assert.Equal(counts.PlainWithin(now, Window), counts.MarkedWithin(now, Window));
            Assert.InRange(counts.MarkedThroughout(now, Window), Since(Window.Ticks), Since(Window.Ticks + quarter));
        }

        long Since(long age) => events.Count(at => at >= now - age);
    }

    [Fact]
    public void A_clock_that_is_set_back_loses_nothing()
    {
        var counts = default(SlidingCounts);
        counts.Add(isMarked: true, TimeSpan.FromHours(5).Ticks, Window);
        counts.Add(isMarked: true, TimeSpan.FromHours(1).Ticks, Window);

        Assert.Equal(2, counts.MarkedWithin(TimeSpan.FromHours(1).Ticks, Window));
        Assert.Equal(0, counts.MarkedThroughout(TimeSpan.FromHours(6).Ticks, Window));
    }

    [Fact]
    public void The_next_change_is_when_the_next_quarter_begins()
    {
        Assert.Equal(TimeSpan.FromSeconds(2).Ticks, SlidingCounts.NextQuarter(0, Window));
        Assert.Equal(TimeSpan.FromSeconds(4).Ticks, SlidingCounts.NextQuarter(TimeSpan.FromSeconds(2).Ticks, Window));
    }
}
