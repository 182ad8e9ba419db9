using System.Diagnostics.Metrics;

namespace Atlas.Pipeline.Persist;

/// <summary>What was packed, counted here and as instruments of the meter <c>Atlas.Pipeline</c>. The packing thread counts; any thread may read.</summary>
internal sealed class PackInstruments : IDisposable
{
    private readonly Meter _meter = new("Atlas.Pipeline");
    private long _segments;
    private long _before;
    private long _after;
    private long _failures;

    public PackInstruments()
    {
        _meter.CreateObservableCounter("atlas.persist.packed.segments", () => Segments, "{segment}", "Segments that were compressed.");
        _meter.CreateObservableCounter("atlas.persist.packed.before", () => Before, "By", "Bytes of those segments before.");
        _meter.CreateObservableCounter("atlas.persist.packed.after", () => After, "By", "Bytes of those segments after.");
        _meter.CreateObservableCounter("atlas.persist.packed.failures", () => Failures, "{segment}", "Tries to compress a segment that failed, for want of room or otherwise; it stays as it is and is tried again.");
    }

    public long Segments => Volatile.Read(ref _segments);

    public long Before => Volatile.Read(ref _before);

    public long After => Volatile.Read(ref _after);

    public long Failures => Volatile.Read(ref _failures);

    public void Packed(long before, long after)
    {
        Volatile.Write(ref _segments, _segments + 1);
        Volatile.Write(ref _before, _before + before);
        Volatile.Write(ref _after, _after + after);
    }

    public void Failed() => Volatile.Write(ref _failures, _failures + 1);

    public void Dispose() => _meter.Dispose();
}
