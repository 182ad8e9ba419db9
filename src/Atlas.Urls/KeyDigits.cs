using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Atlas.Urls;

/// <summary>The first bits that differ between keys, as the digits of a number in the order of the keys. Where the processor can, bits that are the same in all keys are left out.</summary>
internal readonly ref struct KeyDigits
{
    private const int Width = 8;

    private readonly int _last;

    /// <param name="differences">The bits that differ; at least one.</param>
    /// <param name="most">Digits there may be.</param>
    public KeyDigits(ulong differences, int most)
    {
        if (Bmi2.X64.IsSupported)
        {
            while (BitOperations.PopCount(differences) > most * Width)
                differences &= differences - 1;
            Bits = differences;
            Count = (BitOperations.PopCount(differences) + Width - 1) / Width;
        }
        else
        {
            var end = 64 - BitOperations.LeadingZeroCount(differences);
            _last = Math.Max(BitOperations.TrailingZeroCount(differences), end - (most * Width));
            Bits = (ulong.MaxValue >> (64 - end)) & (ulong.MaxValue << _last);
            Count = (end - _last + Width - 1) / Width;
        }
    }

    /// <summary>How many values a digit has.</summary>
    public static int Values => 1 << Width;

    /// <summary>The bits that the digits are made of.</summary>
    public ulong Bits { get; }

    /// <summary>How many digits a key has.</summary>
    public int Count { get; }

    /// <summary>A key's digit; 0 is the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Of(ulong key, int index) =>
        (byte)((Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(key, Bits) : (key & Bits) >> _last) >> (index * Width));
}
