using Atlas.Pipeline.Graph;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Rates over the last few seconds and the time left, from one look to the next.</summary>
/// <remarks>One caller at a time.</remarks>
internal sealed class Pace
{
    // A look every half second, each worth a fifth: the figure follows a change within about two seconds and does not flicker.
    private const double Weight = 0.2;

    private readonly Dictionary<string, double> _stages = [];
    private RunSnapshot? _last;
    private Dictionary<string, long> _lastTaken = [];
    private double? _received;
    private double? _finished;
    private double? _bytes;

    /// <summary>Lines a second.</summary>
    public double Received => _received ?? 0;

    /// <summary>Items done or given up a second.</summary>
    public double Finished => _finished ?? 0;

    /// <summary>What a source or stage takes, in lines or items a second.</summary>
    public double Of(string stage) => _stages.GetValueOrDefault(stage);

    public void Look(RunSnapshot now)
    {
        var taken = now.Stages.ToDictionary(stage => stage.Name, stage => stage.Taken);
        if (_last is { } last && (now.Elapsed - last.Elapsed).TotalSeconds is > 0 and var seconds)
        {
            _received = Smooth(_received, (now.Books.Received - last.Books.Received) / seconds);
            _finished = Smooth(_finished, (FinishedOf(now) - FinishedOf(last)) / seconds);
            _bytes = Smooth(_bytes, (now.BytesRead - last.BytesRead) / seconds);
            foreach (var (name, count) in taken)
                _stages[name] = Smooth(_stages.TryGetValue(name, out var before) ? before : null, (count - _lastTaken.GetValueOrDefault(name)) / seconds);
        }

        _last = now;
        _lastTaken = taken;
    }

    /// <summary>The time left where the input's size is known: to read the rest of it, and to finish the work it will have become at the rate so far.</summary>
    public TimeSpan? Left()
    {
        if (_last is not { BytesTotal: { } total, BytesRead: > 0 } now)
            return null;

        var read = Math.Min(1, now.BytesRead / (double)Math.Max(1, total));
        var reading = read >= 1 ? 0 : _bytes > 0 ? (total - now.BytesRead) / _bytes.Value : double.PositiveInfinity;
        var work = (now.Books.Admitted / read) + now.Books.AdmittedBefore - FinishedOf(now);
        var working = work < 1 ? 0 : _finished > 0 ? work / _finished.Value : double.PositiveInfinity;
        var seconds = Math.Max(reading, working);
        return double.IsFinite(seconds) && seconds < TimeSpan.FromDays(365).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static long FinishedOf(RunSnapshot run) => run.Books.Done + run.Books.Dead.Values.Sum();

    private static double Smooth(double? before, double now) => before is { } known ? (known * (1 - Weight)) + (now * Weight) : now;
}
