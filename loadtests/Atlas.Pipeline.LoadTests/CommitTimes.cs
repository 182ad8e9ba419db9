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

    public CommitTimes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "atlas.ledger.commit.duration" or "atlas.ledger.durable.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, seconds, _, _) =>
        {
            lock (_gate)
                (instrument.Name == "atlas.ledger.commit.duration" ? _commits : _durable).Add(seconds);
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
