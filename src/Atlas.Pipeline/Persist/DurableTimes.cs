using System.Diagnostics.Metrics;
using System.Numerics;

namespace Atlas.Pipeline.Persist;

/// <summary>How long documents take from their body's last byte until body and outcome are durable: as an instrument of the meter <c>Atlas.Pipeline</c>, and counted here for the report.</summary>
/// <remarks>One thread at a time notes; any thread may read, and may miss the last few. Counted by classes that are a thirty-second of a power of two of microseconds wide, so a quantile is told up to 3 % too high, never too low.</remarks>
internal sealed class DurableTimes : IDisposable
{
    private const int ClassBits = 5;
    private const int ClassesPerPower = 1 << ClassBits;

    private readonly Meter _meter = new("Atlas.Pipeline");
    private readonly Histogram<double> _durable;
    private readonly long[] _counts = new long[64 * ClassesPerPower];
    private long _count;

    public DurableTimes() =>
        _durable = _meter.CreateHistogram<double>("atlas.persist.durable.duration", "s", "Time from a body's last byte until the body and its document's outcome are on the disk.");

    /// <summary>Documents noted so far.</summary>
    public long Count => Volatile.Read(ref _count);

    public void Note(TimeSpan taken)
    {
        if (_durable.Enabled)
            _durable.Record(taken.TotalSeconds);
        _counts[ClassOf((ulong)Math.Max(0, taken.Ticks / TimeSpan.TicksPerMicrosecond))]++;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>What that share of the documents took at most; zero before the first.</summary>
    /// <param name="share">From 0 to 1.</param>
    public TimeSpan Quantile(double share)
    {
        var left = (long)Math.Ceiling(share * Count);
        for (var i = 0; i < _counts.Length && left > 0; i++)
        {
            left -= Volatile.Read(ref _counts[i]);
            if (left <= 0)
                return TimeSpan.FromMicroseconds(UpperEnd(i));
        }

        return TimeSpan.Zero;
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Small numbers have a class each; others one by their highest bit and the five behind it.</summary>
    private static int ClassOf(ulong microseconds)
    {
        var power = BitOperations.Log2(microseconds | 1);
        return power <= ClassBits ? (int)microseconds : ((power - ClassBits) << ClassBits) + (int)(microseconds >> (power - ClassBits));
    }

    private static long UpperEnd(int number)
    {
        if (number < 2 * ClassesPerPower)
            return number;
        var shift = (number >> ClassBits) - 1;
        return ((long)(ClassesPerPower + (number & (ClassesPerPower - 1)) + 1) << shift) - 1;
    }
}
