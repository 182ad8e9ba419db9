using System.Diagnostics.Metrics;

namespace Atlas.Pipeline.Dedup;

/// <summary>What checkpoints of the dedup index cost, as instruments of the meter <c>Atlas.Pipeline</c>: a few values per checkpoint, none while nobody listens.</summary>
internal sealed class CheckpointInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _hold;
    private readonly Counter<long> _failures;

    /// <param name="scope">Whose checkpoints they are: it tells two in one process apart.</param>
    public CheckpointInstruments(object scope)
    {
        _meter = new Meter(new MeterOptions("Atlas.Pipeline") { Scope = scope });
        _duration = _meter.CreateHistogram<double>("atlas.dedup.checkpoint.duration", "s", "Time from the beginning of a checkpoint until it is durable, by whether it wrote the hash table. Lines are taken in meanwhile.");
        _hold = _meter.CreateHistogram<double>("atlas.dedup.checkpoint.hold", "s", "Time that a checkpoint kept the dedup stage from deciding.");
        _failures = _meter.CreateCounter<long>("atlas.dedup.checkpoint.failures", "{checkpoint}", "Checkpoints that could not be taken; the next start goes through more of the ledger.");
    }

    public void Taken(TimeSpan duration, bool withTable) => _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("table", withTable));

    public void Held(TimeSpan duration) => _hold.Record(duration.TotalSeconds);

    public void Failed() => _failures.Add(1);

    public void Dispose() => _meter.Dispose();
}
