using Atlas.Pipeline.Pressure;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Pressure;

public sealed class PressureMonitorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly PressureMonitor _monitor;
    private double _memory = 10;
    private double? _disk;

    public PressureMonitorTests() =>
        _monitor = new PressureMonitor(new PressureOptions(), new Seams { Time = _time, Resources = () => new ResourceReading(Memory: _memory) }, () => _disk);

    public void Dispose() => _monitor.Dispose();

    [Fact]
    public async Task Without_pressure_a_batch_passes_at_once()
    {
        Pass(seconds: 10);

        var passing = _monitor.PassAsync(TestContext.Current.CancellationToken).AsTask();

        Assert.True(passing.IsCompletedSuccessfully);
        Assert.True(await passing);
    }

    [Fact]
    public async Task At_high_pressure_a_batch_passes_after_the_pace()
    {
        _memory = 93;
        Pass(seconds: 3);

        var passing = _monitor.PassAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(passing.IsCompleted);
        _time.Advance(PressureMonitor.Pace);
        Assert.True(await passing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task At_critical_pressure_nothing_passes_until_it_is_over()
    {
        _memory = 99;
        Pass(seconds: 3);

        var passing = _monitor.PassAsync(TestContext.Current.CancellationToken).AsTask();
        Pass(seconds: 60);
        Assert.False(passing.IsCompleted);
        _memory = 10;
        while (_monitor.Level != PressureLevel.None)
            Pass(seconds: 1);

        for (var i = 0; i < 1000 && !passing.IsCompleted; i++)
        {
            _time.Advance(PressureMonitor.Pace);
            await Task.Yield();
        }

        Assert.True(await passing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(PressureLevel.Critical, _monitor.Look().Worst);
    }

    [Fact]
    public async Task A_drain_ends_the_waiting()
    {
        using var drain = new CancellationTokenSource();
        _memory = 99;
        Pass(seconds: 3);

        var passing = _monitor.PassAsync(drain.Token).AsTask();
        await drain.CancelAsync();

        Assert.False(await passing);
    }

    [Fact]
    public void It_says_what_is_short()
    {
        (_memory, _disk) = (10, 95);
        Pass(seconds: 3);

        Assert.Equal("the disk's reserve is 95 % of what is free", _monitor.Look().Cause);
    }

    [Fact]
    public void Switched_off_it_never_reads()
    {
        using var off = new PressureMonitor(new PressureOptions { Watch = false }, new Seams { Time = _time, Resources = () => throw new InvalidOperationException("It was read.") }, () => null);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(PressureLevel.None, off.Level);
    }

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
            _time.Advance(TimeSpan.FromSeconds(1));
    }
}
