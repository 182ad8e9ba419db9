using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Pressure;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Pressure;

/// <summary>A window here is eleven seconds, which is longer than any.</summary>
public sealed class ConcurrencyLimitTests
{
    private const int Min = 4, Max = 128;

    private readonly FakeTimeProvider _time = new();
    private PressureLevel _pressure;

    [Fact]
    public void It_begins_at_the_most_and_stays_there_while_latency_is_flat()
    {
        var limit = Limit();
        for (var i = 0; i < 20; i++)
            Window(limit, host => 40 + (host % 7), used: Max);

        Assert.Equal(Max, limit.Now);
    }

    [Fact]
    public void Most_hosts_slower_lower_it_to_the_least_within_eleven_windows_and_flat_again_raises_it_within_thirty()
    {
        var limit = Limit();
        Window(limit, _ => 50, Max);
        for (var i = 0; i < 11; i++)
            Window(limit, _ => 900, Max);
        Assert.Equal(Min, limit.Now);

        for (var i = 0; i < 30; i++)
            Window(limit, _ => 50, limit.Now);
        Assert.Equal(Max, limit.Now);
    }

    [Fact]
    public void It_does_not_rise_while_it_is_not_used()
    {
        var limit = Limit();
        Window(limit, _ => 50, Max);
        Window(limit, _ => 900, Max);
        var fallen = limit.Now;
        Assert.Equal(89, fallen);

        for (var i = 0; i < 10; i++)
            Window(limit, _ => 50, used: fallen / 2);
        Assert.Equal(fallen, limit.Now);
    }

    [Fact]
    public void One_slow_and_one_failing_host_of_ten_lower_nothing_however_much_they_are_asked()
    {
        var limit = Limit();
        Window(limit, _ => 50, Max);
        for (var i = 0; i < 10; i++)
        {
            for (var asked = 0; asked < 500; asked++)
                limit.Answered("host-0", TimeSpan.FromSeconds(20));
            for (var asked = 0; asked < 500; asked++)
                limit.Ended("host-1", HostOutcome.Failed);
            Window(limit, host => host == 0 ? 20_000 : 50, Max);
        }

        Assert.Equal(Max, limit.Now);
    }

    [Fact]
    public void Most_hosts_failing_that_answered_before_lower_it()
    {
        var limit = Limit();
        Window(limit, _ => 50, Max);
        Window(limit, _ => null, Max);

        Assert.Equal(89, limit.Now);
    }

    [Fact]
    public void A_list_full_of_dead_hosts_lowers_nothing_but_hosts_that_die_more_than_usual_do()
    {
        var limit = Limit();
        var next = 0;
        for (var i = 0; i < 10; i++)
            Fresh(deadOfTen: 6);
        Assert.Equal(Max, limit.Now);

        next = 100_000;
        limit = Limit();
        Fresh(deadOfTen: 1);
        Fresh(deadOfTen: 6);
        Assert.Equal(89, limit.Now);

        void Fresh(int deadOfTen)
        {
            for (var i = 0; i < 100; i++)
            {
                if (i == 99)
                    _time.Advance(TimeSpan.FromSeconds(11));
                limit.Ended($"fresh-{next++}", i % 10 < deadOfTen ? HostOutcome.Failed : HostOutcome.Answered);
            }
        }
    }

    [Theory]
    [InlineData(PressureLevel.None, 128)]
    [InlineData(PressureLevel.Moderate, 128)]
    [InlineData(PressureLevel.High, 64)]
    [InlineData(PressureLevel.Critical, 4)]
    internal void Pressure_takes_hold_at_once(PressureLevel level, int expected)
    {
        var limit = Limit();

        _pressure = level;

        Assert.Equal(expected, limit.Now);
    }

    [Fact]
    public void At_moderate_pressure_it_rises_to_half_of_the_most()
    {
        var limit = Limit();
        Window(limit, _ => 50, Max);
        for (var i = 0; i < 11; i++)
            Window(limit, _ => 900, Max);

        _pressure = PressureLevel.Moderate;
        for (var i = 0; i < 50; i++)
            Window(limit, _ => 50, limit.Now);

        Assert.InRange(limit.Now, Max / 2, (Max / 2) + 8);
    }

    [Property(MaxTest = 200)]
    public void It_never_leaves_its_bounds(byte[] script, byte one, byte other)
    {
        var (min, max) = (1 + Math.Min(one, other), 1 + Math.Max(one, other));
        var limit = new ConcurrencyLimit(min, max, _time, () => _pressure);
        foreach (var what in script)
        {
            _pressure = (PressureLevel)(what % 4);
            Window(limit, _ => what > 200 ? null : what * 10, max);
            Assert.InRange(limit.Now, min, max);
        }
    }

    private ConcurrencyLimit Limit() => new(Min, Max, _time, () => _pressure);

    /// <summary>Ten hosts answer once each, or fail where there is no latency.</summary>
    private void Window(ConcurrencyLimit limit, Func<int, int?> milliseconds, int used)
    {
        limit.For(used);
        for (var host = 0; host < 10; host++)
        {
            if (host == 9)
                _time.Advance(TimeSpan.FromSeconds(11));
            if (milliseconds(host) is { } latency)
                limit.Answered($"host-{host}", TimeSpan.FromMilliseconds(latency));
            limit.Ended($"host-{host}", milliseconds(host) is null ? HostOutcome.Failed : HostOutcome.Answered);
        }
    }
}
