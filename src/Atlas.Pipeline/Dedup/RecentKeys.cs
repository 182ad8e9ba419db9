using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Atlas.Pipeline.Dedup;

/// <summary>A bounded table of keys that were decided lately: what it holds was surely seen, what it lacks may have been.</summary>
/// <remarks>
/// 8-way set-associative: a key has eight places, which are two neighbouring cache lines; the oldest of the eight gives way. (With four, one key in twenty of a table half full had been pushed out.)
/// It begins small, and is as large as it may be once it has grown: the first hundreds of keys would else touch all of it, 64 MiB that a short run has no use for. One caller at a time.
/// </remarks>
internal sealed unsafe class RecentKeys
{
    /// <summary>The most keys it can hold: one array of 1 GiB, as the next power of two would be more than an array may have.</summary>
    public const int MostKeys = 1 << 26;

    /// <summary>Keys that the small table has places for: 2 MiB. It is left when a quarter of them are taken, as one set in hundreds is full at half.</summary>
    private const int FirstKeys = 1 << 17;

    private const int Ways = 8;
    private const int BytesPerLine = 64;
    private const int BytesPerSet = 2 * BytesPerLine;

    private readonly ulong _mostSets;

    // Pinned, so that the sets can be aligned and prefetched by their address; held, so that it stays.
    private byte[] _memory = [];
    private UInt128* _sets;
    private ulong _setMask;

    /// <summary>Keys that still come in before it grows.</summary>
    private long _untilGrowth = long.MaxValue;

    /// <param name="capacity">About how many keys it holds, rounded up to a power of two; 0 holds none, <see cref="MostKeys"/> is the most.</param>
    public RecentKeys(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MostKeys);
        if (capacity == 0)
            return;

        _mostSets = BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, (capacity + Ways - 1L) / Ways));
        MakeRoom(Math.Min(_mostSets, FirstKeys / Ways));
        if (_setMask + 1 < _mostSets)
            _untilGrowth = FirstKeys / 4;
    }

    /// <summary>Fetches a key's set into the cache, for a look that follows soon.</summary>
    public void Prefetch(UInt128 key)
    {
        if (!Sse.IsSupported || _sets is null)
            return;
        var set = (byte*)SetOf(key);
        Sse.Prefetch0(set);
        Sse.Prefetch0(set + BytesPerLine);
    }

    /// <summary>True when the key was surely added before.</summary>
    public bool Contains(UInt128 key)
    {
        // Zero marks a free place, so that one key is never remembered here; the store knows it.
        return _sets is not null && key != UInt128.Zero && PlacesOf(key, SetOf(key)) != 0;
    }

    /// <summary>Remembers a key as the youngest of its set.</summary>
    public void Add(UInt128 key)
    {
        if (_sets is null || key == UInt128.Zero)
            return;

        var set = SetOf(key);
        var places = PlacesOf(key, set);
        var last = places == 0 ? Ways - 1 : BitOperations.TrailingZeroCount(places) / 2;
        for (var i = last; i > 0; i--)
            set[i] = set[i - 1];
        set[0] = key;
        if (--_untilGrowth == 0)
            Grow();
    }

    private void MakeRoom(ulong sets)
    {
        _memory = GC.AllocateArray<byte>(checked((int)(sets * BytesPerSet) + BytesPerSet - 1), pinned: true);
        _sets = (UInt128*)(((nuint)Unsafe.AsPointer(ref _memory[0]) + BytesPerSet - 1) & ~(nuint)(BytesPerSet - 1));
        _setMask = sets - 1;
        HugePages.AskFor(_sets, (long)sets * BytesPerSet);
    }

    /// <summary>Takes the keys along, the oldest first.</summary>
    private void Grow()
    {
        var memory = _memory;
        var sets = _sets;
        var count = (_setMask + 1) * Ways;
        _untilGrowth = long.MaxValue;
        MakeRoom(_mostSets);
        for (var set = 0UL; set < count; set += Ways)
        {
            for (var i = Ways - 1; i >= 0; i--)
                Add(sets[set + (ulong)i]);
        }

        GC.KeepAlive(memory);
    }

    /// <summary>Bit 2i for the place i that holds the key: four are compared at once, half a key to a lane.</summary>
    private static uint PlacesOf(UInt128 key, UInt128* set)
    {
        var wanted = Vector128.Create((ulong)key, (ulong)(key >> 64));
        var equal = Vector512.IsHardwareAccelerated ? Wide(wanted, (ulong*)set) : Narrow(wanted, (ulong*)set);
        return equal & (equal >> 1) & 0b0101_0101_0101_0101;
    }

    private static uint Wide(Vector128<ulong> wanted, ulong* set)
    {
        var four = Vector512.Create(Vector256.Create(wanted));
        return (uint)Vector512.Equals(Vector512.Load(set), four).ExtractMostSignificantBits()
            | ((uint)Vector512.Equals(Vector512.Load(set + 8), four).ExtractMostSignificantBits() << 8);
    }

    private static uint Narrow(Vector128<ulong> wanted, ulong* set)
    {
        var two = Vector256.Create(wanted);
        var equal = 0u;
        for (var i = 0; i < Ways / 2; i++)
            equal |= Vector256.Equals(Vector256.Load(set + (4 * i)), two).ExtractMostSignificantBits() << (4 * i);
        return equal;
    }

    private UInt128* SetOf(UInt128 key) => _sets + (((ulong)key & _setMask) * Ways);
}
