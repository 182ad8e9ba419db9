using System.Runtime.CompilerServices;

namespace Atlas.Pipeline.Hosts;

/// <summary>How many events of two kinds, plain and marked, happened lately. Forty-eight bytes, whatever the window and the rate.</summary>
/// <remarks>
/// Time is cut into quarters of the window, and five of them are kept: the newest, which has only begun, and four whole ones. So the newest four lie within the window for certain, and the
/// five cover it for certain: whoever needs to err on one side can. A clock that is set back counts into the newest quarter. The window must be the same at each call.
/// </remarks>
internal struct SlidingCounts
{
    private const int Within = 4;
    private const int Kept = Within + 1;

    private Quarters _plain;
    private Quarters _marked;
    private long _newest;

    /// <summary>One more event.</summary>
    /// <param name="isMarked">Of which kind.</param>
    /// <param name="now">UTC ticks.</param>
    /// <param name="window">What is "lately"; at least 4 ticks.</param>
    public void Add(bool isMarked, long now, TimeSpan window)
    {
        Advance(now, window);
        if (isMarked)
            _marked[0]++;
        else
            _plain[0]++;
    }

    /// <summary>Plain events that are not older than the window; those of its oldest quarter may be missing.</summary>
    public long PlainWithin(long now, TimeSpan window)
    {
        Advance(now, window);
        return Sum(_plain[..Within]);
    }

    /// <summary>Marked events that are not older than the window; those of its oldest quarter may be missing.</summary>
    public long MarkedWithin(long now, TimeSpan window)
    {
        Advance(now, window);
        return Sum(_marked[..Within]);
    }

    /// <summary>All marked events of the window; some up to a quarter older may be among them.</summary>
    public long MarkedThroughout(long now, TimeSpan window)
    {
        Advance(now, window);
        return Sum(_marked);
    }

    /// <summary>When the sums change next by the passing of time alone, in UTC ticks.</summary>
    public static long NextQuarter(long now, TimeSpan window) => ((now / QuarterOf(window)) + 1) * QuarterOf(window);

    /// <summary>A quarter of a window, in ticks.</summary>
    public static long QuarterOf(TimeSpan window) => window.Ticks / Within;

    private void Advance(long now, TimeSpan window)
    {
        var newest = now / QuarterOf(window);
        var passed = newest - _newest;
        if (passed <= 0)
            return;
        _newest = newest;
        Shift(_plain, (int)Math.Min(passed, Kept));
        Shift(_marked, (int)Math.Min(passed, Kept));
    }

    private static void Shift(Span<uint> quarters, int by)
    {
        quarters[..^by].CopyTo(quarters[by..]);
        quarters[..by].Clear();
    }

    private static long Sum(ReadOnlySpan<uint> quarters)
    {
        var sum = 0L;
        foreach (var count in quarters)
            sum += count;
        return sum;
    }

    [InlineArray(Kept)]
    private struct Quarters
    {
        private uint _newest;
    }
}
