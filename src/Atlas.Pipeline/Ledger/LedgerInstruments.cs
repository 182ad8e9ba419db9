using System.Diagnostics.Metrics;

namespace Atlas.Pipeline.Ledger;

/// <summary>How long the writer takes, as instruments of the meter <c>Atlas.Pipeline</c>: one value per commit and one per batch, none while nobody listens. The writer's thread alone.</summary>
internal sealed class LedgerInstruments : IDisposable
{
    private readonly Meter _meter = new("Atlas.Pipeline");
    private readonly Histogram<double> _commit;
    private readonly Histogram<double> _durable;
    private readonly TimeProvider _time;

    public LedgerInstruments(TimeProvider time)
    {
        _time = time;
        _commit = _meter.CreateHistogram<double>("atlas.ledger.commit.duration", "s", "Time that COMMIT takes, until its rows are on the disk.");
        _durable = _meter.CreateHistogram<double>("atlas.ledger.durable.duration", "s", "Time from reading a batch of lines until they are on the disk.");
    }

    /// <summary>After a commit, before its batches are released.</summary>
    /// <param name="begun">When COMMIT began, as a timestamp.</param>
    /// <param name="batches">What has become durable with it.</param>
    public void Committed(long begun, List<UrlBatch> batches)
    {
        if (_commit.Enabled)
            _commit.Record(_time.GetElapsedTime(begun).TotalSeconds);
        if (!_durable.Enabled)
            return;
        foreach (var batch in batches)
            _durable.Record(_time.GetElapsedTime(batch.ReadAt).TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();
}
