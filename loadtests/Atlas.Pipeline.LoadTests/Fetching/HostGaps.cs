using System.Diagnostics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>How far apart the requests to each host come in, as the site sees it.</summary>
internal sealed class HostGaps(int hosts)
{
    private readonly long[] _last = new long[hosts];
    private long _least = long.MaxValue;
    private long _sum;
    private long _count;

    public void Asked(int page)
    {
        var now = Stopwatch.GetTimestamp();
        ref var last = ref _last[page % _last.Length];
        if (last != 0)
        {
            _least = Math.Min(_least, now - last);
            _sum += now - last;
            _count++;
        }

        last = now;
    }

    /// <summary>Least and mean in milliseconds, and begins anew.</summary>
    public string Take()
    {
        var text = _count == 0 ? "0 0" : string.Create(CultureInfo.InvariantCulture, $"{Milliseconds(_least):0.000} {Milliseconds(_sum) / _count:0.000}");
        Array.Clear(_last);
        (_least, _sum, _count) = (long.MaxValue, 0, 0);
        return text;
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
