using System.Runtime.CompilerServices;

namespace Atlas.Pipeline.Ledger;

/// <summary>Counts of lines by their fingerprint, in a table of fixed size. One caller at a time.</summary>
/// <remarks>
/// A line looks at one set of places, which is two cache lines: a dictionary of that size costs ten times as much, and more where it is full and asked for what it lacks.
/// Fingerprints are spread evenly (<see cref="Fingerprint"/>), so that a table that is half full turns away two lines of a hundred.
/// </remarks>
internal sealed class RepeatTable
{
    public const int Places = 16_384;

    private const int PlacesPerSet = 8;

    private readonly UInt128[] _marks = new UInt128[Places];
    private readonly Repeats[] _repeats = new Repeats[Places];

    /// <summary>The first place that may have something to take.</summary>
    private int _next;

    /// <summary>Lines in it.</summary>
    public int Count { get; private set; }

    /// <summary>The line's counts; a null reference where its set has no place left.</summary>
    /// <param name="mark">Its fingerprint, not zero.</param>
    /// <param name="isNew">Whether its place was empty: the counts are to be set.</param>
    public ref Repeats Find(UInt128 mark, out bool isNew)
    {
        var first = (int)((ulong)mark % (Places / PlacesPerSet)) * PlacesPerSet;
        for (var place = first; place < first + PlacesPerSet; place++)
        {
            isNew = _marks[place] == UInt128.Zero;
            if (isNew)
            {
                _marks[place] = mark;
                Count++;
            }

            if (_marks[place] == mark)
                return ref _repeats[place];
        }

        isNew = false;
        return ref Unsafe.NullRef<Repeats>();
    }

    /// <summary>Takes one line out, in any order; false when none is left. Nothing may be added until then.</summary>
    public bool TryTake(out Repeats repeats)
    {
        for (; Count > 0; _next++)
        {
            if (_marks[_next] == UInt128.Zero)
                continue;
            _marks[_next] = UInt128.Zero;
            repeats = _repeats[_next];
            Count--;
            return true;
        }

        repeats = default;
        _next = 0;
        return false;
    }
}

/// <summary>What of one line is gathered.</summary>
/// <param name="Id">Its content id.</param>
/// <param name="Count">How often it came again.</param>
/// <param name="LastAt">When last, Unix time in milliseconds.</param>
internal record struct Repeats(UInt128 Id, int Count, long LastAt);
