using System.Diagnostics.Metrics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests;

/// <summary>How long commits took, and how long batches were on their way from the reading to the commit, while it listens.</summary>
internal sealed class CommitTimes : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<double> _commits = [];
    private readonly List<double> _durable = [];

    /// <summary>Raised on the ledger's own thread when the first batch has become durable.</summary>
    public event Action? First;

    public CommitTimes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "atlas.ledger.commit.duration" or "atlas.ledger.durable.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, seconds, _, _) =>
        {
            bool isFirst;
            lock (_gate)
            {
                var times = instrument.Name == "atlas.ledger.commit.duration" ? _commits : _durable;
                times.Add(seconds);
                isFirst = times == _durable && times.Count == 1;
            }

            if (isFirst)
                First?.Invoke();
        });
        _listener.Start();
    }

    public void Print()
    {
        lock (_gate)
        {
            Print("commit", _commits);
            Print("read to durable", _durable);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Print(string what, List<double> seconds)
    {
        if (seconds.Count == 0)
            return;
        seconds.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"    {what,-16} p50 {At(0.5),6:0.0}  p99 {At(0.99),6:0.0}  longest {At(1),6:0.0} ms  ({seconds.Count:N0})"));

        double At(double share) => 1000 * seconds[(int)(share * (seconds.Count - 1))];
    }
}
