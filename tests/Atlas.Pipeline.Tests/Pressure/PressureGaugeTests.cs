using Atlas.Pipeline.Pressure;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Pressure;

public sealed class PressureGaugeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_level_is_reached_by_three_readings_in_a_row_and_not_by_two()
    {
        var gauge = Gauge();

        Assert.Equal([0, 0, 0, 0, 0, 2], Levels(gauge, 95, 95, 50, 95, 95, 95));
    }

    [Fact]
    public void Up_may_go_past_levels_between()
    {
        Assert.Equal([0, 0, 3, 3], Levels(Gauge(), 99, 99, 99, 10));
    }

    [Fact]
    public void A_level_is_left_by_five_readings_clearly_below_it()
    {
        var gauge = Gauge();
        Levels(gauge, 95, 95, 95);

        // 95 % of 90 is 85.5: what is between that and 90 keeps the level, and begins the count anew.
        Assert.Equal([2, 2, 2, 2, 2], Levels(gauge, 50, 50, 50, 50, 86));
        Assert.Equal([2, 2, 2, 2, 0], Levels(gauge, 50, 50, 50, 50, 50));
    }

    [Fact]
    public void It_falls_to_the_level_that_the_highest_of_the_five_keeps()
    {
        var gauge = Gauge();
        Levels(gauge, 99, 99, 99);

        Assert.Equal([3, 3, 3, 3, 1], Levels(gauge, 10, 10, 81, 10, 10));
    }

    [Fact]
    public void The_worst_resource_decides_and_what_nobody_knows_is_no_pressure()
    {
        var gauge = Gauge();
        for (var i = 0; i < 3; i++)
            gauge.Read(new ResourceReading(Memory: 86, Handles: 98));
        Assert.Equal((PressureLevel.Critical, PressureLevel.Moderate, PressureLevel.Critical), (gauge.Level, gauge.Of(Resource.Memory), gauge.Of(Resource.Handles)));

        for (var i = 0; i < 5; i++)
            gauge.Read(default);
        Assert.Equal(PressureLevel.None, gauge.Level);
        Assert.Equal(PressureLevel.Critical, gauge.Worst);
    }

    [Fact]
    public void Busy_processors_alone_hold_nothing_up()
    {
        var gauge = Gauge();
        for (var i = 0; i < 100; i++)
            gauge.Read(new ResourceReading(Cpu: 100, PoolDelay: 20));

        Assert.Equal(PressureLevel.Moderate, gauge.Level);
    }

    [Fact]
    public void The_time_in_each_level_adds_up_to_the_run()
    {
        var gauge = Gauge();
        foreach (var percent in new[] { 10.0, 99, 99, 99, 99, 10, 10, 10, 10, 10, 10 })
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            gauge.Read(new ResourceReading(Memory: percent));
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(4 + 3), gauge.SpentIn(PressureLevel.None));
        Assert.Equal(TimeSpan.FromSeconds(6), gauge.SpentIn(PressureLevel.Critical));
    }

    [Property(MaxTest = 500)]
    public void A_change_up_has_three_readings_behind_it_and_one_down_five(byte[] script)
    {
        var gauge = Gauge();
        int[] thresholds = [0, 85, 92, 97];

        // Each byte is a reading that lasts: what changes at every reading would hardly ever change the level.
        var readings = script.SelectMany(what => Enumerable.Repeat(75 + (what % 26), 1 + (what / 40))).ToList();
        for (var i = 0; i < readings.Count; i++)
        {
            var before = gauge.Level;
            gauge.Read(new ResourceReading(Memory: readings[i]));
            if (gauge.Level > before)
                Assert.All(readings[(i - 2)..(i + 1)], reading => Assert.True(reading >= thresholds[(int)gauge.Level]));
            if (gauge.Level < before)
                Assert.All(readings[(i - 4)..(i + 1)], reading => Assert.True(reading < thresholds[(int)before] * 0.95));
        }
    }

    private PressureGauge Gauge() => new(new PressureOptions(), _time);

    private static int[] Levels(PressureGauge gauge, params double[] handles) =>
        [.. handles.Select(percent =>
        {
            gauge.Read(new ResourceReading(Handles: percent));
            return (int)gauge.Level;
        })];
}
