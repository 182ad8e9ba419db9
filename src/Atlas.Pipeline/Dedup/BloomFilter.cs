using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Atlas.Pipeline.Dedup;

/// <summary>A split-block Bloom filter: each key sets one bit in each of the eight words of one 256-bit block, so a look costs one cache line.</summary>
/// <remarks>Keys must be uniformly distributed already: their bits are used as they are. It never forgets; it takes a new key for a seen one at about the promised rate. One caller at a time.</remarks>
internal sealed unsafe class BloomFilter
{
    private const int WordsPerBlock = 8;
    private const double LargestBitsPerKey = 64;

    /// <summary>Most bytes a filter takes; above it the false-positive rate rises instead.</summary>
    private const long LargestBytes = 1L << 30;

    private static readonly Vector256<uint> Salts = Vector256.Create(
        0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du, 0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u);

    private const int BytesPerBlock = 32;

    // Pinned, so that blocks can be aligned and prefetched by their address; held, so that it stays.
    private readonly byte[] _memory;
    private readonly Vector256<uint>* _table;
    private readonly ulong _blocks;

    /// <param name="expectedKeys">Keys it is sized for, from 1; more raise the rate.</param>
    /// <param name="falsePositiveRate">The share of new keys that may be taken for seen ones, between 0 and 1, both excluded.</param>
    public BloomFilter(long expectedKeys, double falsePositiveRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(expectedKeys, 1);
        _blocks = (ulong)BytesFor(expectedKeys, falsePositiveRate) / BytesPerBlock;
        _memory = GC.AllocateArray<byte>((int)_blocks * BytesPerBlock + BytesPerBlock - 1, pinned: true);
        _table = (Vector256<uint>*)(((nuint)Unsafe.AsPointer(ref _memory[0]) + BytesPerBlock - 1) & ~(nuint)(BytesPerBlock - 1));
        HugePages.AskFor(_table, (long)_blocks * BytesPerBlock);
        HugePages.Touch(_table, (long)_blocks * BytesPerBlock);
    }

    /// <summary>The bits as bytes, to save them and to load them into a filter made with the same arguments.</summary>
    public Span<byte> Bytes => new(_table, (int)_blocks * BytesPerBlock);

    /// <summary>Fetches a key's block into the cache, for a look that follows soon.</summary>
    public void Prefetch(UInt128 key)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref BlockOf(key)));
    }

    /// <summary>What a filter with these arguments takes.</summary>
    public static long BytesFor(long expectedKeys, double falsePositiveRate) =>
        (long)Math.Clamp(Math.Ceiling(expectedKeys * BitsPerKey(falsePositiveRate) / 256), 1, LargestBytes / BytesPerBlock) * BytesPerBlock;

    /// <summary>False when the key was surely never added.</summary>
    public bool MayContain(UInt128 key)
    {
        var mask = MaskOf(key);
        return (BlockOf(key) & mask) == mask;
    }

    /// <summary>Adds a key; false when it was surely not there before.</summary>
    public bool AddAndTest(UInt128 key)
    {
        var mask = MaskOf(key);
        ref var block = ref BlockOf(key);
        var before = block;
        block = before | mask;
        return (before & mask) == mask;
    }

    /// <summary>One bit in each word, without vector instructions; must equal what they give.</summary>
    internal static Vector256<uint> PortableMaskOf(UInt128 key)
    {
        Span<uint> words = stackalloc uint[WordsPerBlock];
        for (var i = 0; i < WordsPerBlock; i++)
            words[i] = 1u << (int)(unchecked((uint)(ulong)key * Salts[i]) >> 27);
        return Vector256.Create<uint>(words);
    }

    internal static Vector256<uint> MaskOf(UInt128 key)
    {
        if (!Avx2.IsSupported)
            return PortableMaskOf(key);
        var shifts = Vector256.ShiftRightLogical(Vector256.Create((uint)(ulong)key) * Salts, 27);
        return Avx2.ShiftLeftLogicalVariable(Vector256<uint>.One, shifts);
    }

    private ref Vector256<uint> BlockOf(UInt128 key)
    {
        var block = (int)Math.BigMul((ulong)(key >> 64), _blocks, out _);
        return ref _table[block];
    }

    private static double BitsPerKey(double rate)
    {
        var bits = 2.0;
        while (bits < LargestBitsPerKey && ExpectedRate(256 / bits) > rate)
            bits += 0.25;
        return bits;
    }

    /// <summary>How many keys a block holds is Poisson-distributed around <paramref name="keysPerBlock"/>; with i of them a foreign key passes all eight words by chance.</summary>
    private static double ExpectedRate(double keysPerBlock)
    {
        var share = Math.Exp(-keysPerBlock);
        var sum = 0.0;
        for (var i = 1; i < keysPerBlock + 20 * Math.Sqrt(keysPerBlock) + 20; i++)
        {
            share *= keysPerBlock / i;
            sum += share * Math.Pow(1 - Math.Pow(31.0 / 32, i), WordsPerBlock);
        }

        return sum;
    }
}
