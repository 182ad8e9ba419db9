using System.Diagnostics.Metrics;
using Atlas.Pipeline.Persist;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Persist;

public sealed class DurableTimesTests
{
    [Fact]
    public void Tells_nothing_before_the_first_document()
    {
        using var times = new DurableTimes();

        Assert.Equal(0, times.Count);
        Assert.Equal(TimeSpan.Zero, times.Quantile(0.99));
    }

    [Property]
    public Property A_quantile_is_never_too_low_and_at_most_an_eighth_too_high(NonEmptyArray<PositiveInt> noted, PositiveInt percent)
    {
        using var times = new DurableTimes();
        var microseconds = noted.Get.Select(time => (long)time.Get * 997).Order().ToArray();
        foreach (var time in microseconds)
            times.Note(TimeSpan.FromMicroseconds(time));
        var share = (percent.Get % 100 + 1) / 100.0;

        var told = times.Quantile(share).TotalMicroseconds;

        var exact = microseconds[(int)Math.Ceiling(share * microseconds.Length) - 1];
        return (told >= exact && told <= exact * 1.125 + 1).Label($"told {told}, exact {exact}");
    }

    [Fact]
    public void Tells_those_who_listen_each_time_in_seconds()
    {
        using var times = new DurableTimes();
        using var listener = new MeterListener();
        List<double> heard = [];
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "atlas.persist.durable.duration")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => heard.Add(seconds));
        listener.Start();

        times.Note(TimeSpan.FromMilliseconds(25));

        Assert.Contains(0.025, heard);
    }
}
