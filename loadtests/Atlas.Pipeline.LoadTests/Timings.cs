using System.Diagnostics.Metrics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests;

/// <summary>How long commits and checkpoints took, and how long batches were on their way from the reading to the commit, while it listens.</summary>
internal sealed class Timings : IDisposable
{
    private const string Durable = "read to durable";

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, List<double>> _seconds = new(StringComparer.Ordinal);

    public Timings()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is Histogram<double> && instrument.Meter.Name == "Atlas.Pipeline")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) => Note(NameOf(instrument.Name, tags), seconds));
        _listener.Start();
    }

    /// <summary>Raised on the ledger's own thread when the first batch has become durable.</summary>
    public event Action? First;

    public void Print()
    {
        lock (_gate)
        {
            foreach (var (what, seconds) in _seconds)
                Print(what, seconds);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static string NameOf(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => instrument switch
    {
        "atlas.ledger.commit.duration" => "commit",
        "atlas.ledger.durable.duration" => Durable,
        "atlas.dedup.checkpoint.duration" => tags[0].Value is true ? "checkpoint with its table" : "checkpoint, table shared",
        "atlas.dedup.checkpoint.hold" => "held for a checkpoint",
        _ => instrument,
    };

    private static void Print(string what, List<double> seconds)
    {
        seconds.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"    {what,-26} p50 {At(0.5),6:0.0}  p99 {At(0.99),6:0.0}  longest {At(1),6:0.0} ms  ({seconds.Count:N0})"));

        double At(double share) => 1000 * seconds[(int)(share * (seconds.Count - 1))];
    }

    private void Note(string what, double seconds)
    {
        bool isFirst;
        lock (_gate)
        {
            if (!_seconds.TryGetValue(what, out var times))
                _seconds.Add(what, times = []);
            times.Add(seconds);
            isFirst = what == Durable && times.Count == 1;
        }

        if (isFirst)
            First?.Invoke();
    }
}
