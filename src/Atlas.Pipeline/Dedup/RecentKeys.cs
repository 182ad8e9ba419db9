using System.Numerics;

namespace Atlas.Pipeline.Dedup;

/// <summary>A bounded table of keys that were decided lately: what it holds was surely seen, what it lacks may have been.</summary>
/// <remarks>4-way set-associative: a key has four places, the oldest of the four gives way. One caller at a time.</remarks>
internal sealed class RecentKeys
{
    private const int Ways = 4;

    private readonly UInt128[] _keys;
    private readonly ulong _setMask;

    /// <param name="capacity">About how many keys it holds, rounded up to a power of two; 0 holds none.</param>
    public RecentKeys(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        if (capacity == 0)
        {
            _keys = [];
            return;
        }

        var sets = BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, (capacity + Ways - 1L) / Ways));
        _keys = new UInt128[sets * Ways];
        _setMask = sets - 1;
    }

    /// <summary>True when the key was surely added before.</summary>
    public bool Contains(UInt128 key)
    {
        // Zero marks a free place, so that one key is never remembered here; the store knows it.
        return _keys.Length > 0 && key != UInt128.Zero && SetOf(key).Contains(key);
    }

    /// <summary>Remembers a key as the youngest of its set.</summary>
    public void Add(UInt128 key)
    {
        if (_keys.Length == 0 || key == UInt128.Zero)
            return;

        var set = SetOf(key);
        var last = set.IndexOf(key);
        if (last < 0)
            last = Ways - 1;
        set[..last].CopyTo(set[1..]);
        set[0] = key;
    }

    private Span<UInt128> SetOf(UInt128 key) => _keys.AsSpan((int)((ulong)key & _setMask) * Ways, Ways);
}
