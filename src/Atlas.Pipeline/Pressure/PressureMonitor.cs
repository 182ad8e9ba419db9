using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Pressure;

/// <summary>Reads once a second what this machine has left, and holds the intake while that is little.</summary>
/// <remarks>Any thread may call. The lock covers the gauge; the level is also kept beside it, so that asking costs nothing.</remarks>
internal sealed partial class PressureMonitor : IDisposable
{
    /// <summary>At high pressure a batch is taken in so often.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PressureGauge _gauge;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer? _timer;
    private readonly Func<double?> _disk;
    private volatile PressureLevel _level;

    /// <param name="options">The thresholds.</param>
    /// <param name="seams">Time, log, and what reads the machine; without that nothing is watched.</param>
    /// <param name="disk">The reserve in percent of what is free on the disk; null without one.</param>
    public PressureMonitor(PressureOptions options, Seams seams, Func<double?> disk)
    {
        _gauge = new PressureGauge(options, seams.Time);
        _time = seams.Time;
        _disk = disk;
        _log = seams.Logs.CreateLogger("Atlas.Pipeline.Pressure");
        if (options.Watch && seams.Resources is { } resources)
            _timer = seams.Time.CreateTimer(_ => Read(resources), null, ReadEvery, ReadEvery);
    }

    public PressureLevel Level => _level;

    /// <summary>The pressure now and until now.</summary>
    public PressureState Look()
    {
        lock (_gate)
            return Look_Locked();
    }

    /// <summary>Lets a batch pass: at once, at high pressure after <see cref="Pace"/>, at critical pressure when it is over.</summary>
    /// <param name="leave">Ends the waiting.</param>
    /// <returns>False when it was ended.</returns>
    public ValueTask<bool> PassAsync(CancellationToken leave) => _level < PressureLevel.High ? new ValueTask<bool>(true) : WaitAsync(leave);

    public void Dispose() => _timer?.Dispose();

    private async ValueTask<bool> WaitAsync(CancellationToken leave)
    {
        try
        {
            do
            {
                await Task.Delay(Pace, _time, leave);
            }
            while (_level == PressureLevel.Critical);
            return true;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Read(Func<ResourceReading> resources)
    {
        lock (_gate)
        {
            var before = _gauge.Level;
            if (!_gauge.Read(resources() with { Disk = _disk() }))
                return;
            _level = _gauge.Level;
            var (now, cause) = (_gauge.Level, Look_Locked().Cause);
            var (word, wordBefore, effect) = (now.Word(), before.Word(), Effect(now));
            var level = before < now && now >= PressureLevel.High ? LogLevel.Warning : LogLevel.Information;
            LogChanged(level, word, wordBefore, cause.Length == 0 ? "" : $" ({cause})", effect);
        }
    }

    private PressureState Look_Locked() => new(
        _gauge.Level,
        _gauge.Worst,
        [.. Enum.GetValues<Resource>().Select(_gauge.Of)],
        _gauge.Last,
        [.. Enum.GetValues<PressureLevel>().Select(_gauge.SpentIn)]);

    private static string Effect(PressureLevel level) => level switch
    {
        PressureLevel.Critical => "nothing new is taken in, and as little as possible is fetched at once",
        PressureLevel.High => "lines are taken in slowly, and half as much is fetched at once",
        PressureLevel.Moderate => "no more is fetched at once than now or half of concurrency",
        _ => "nothing is held back",
    };

    [LoggerMessage(EventId = 204, Message = "Pressure on this machine is {Level}, it was {Before}{Cause}: {Effect}.")]
    private partial void LogChanged(LogLevel logLevel, string level, string before, string cause, string effect);
}
