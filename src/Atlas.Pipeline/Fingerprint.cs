using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Atlas.Pipeline;

/// <summary>A 128-bit keyed hash at a quarter of the cost of a content id: what equals what, within this process.</summary>
/// <remarks>
/// The polynomial hash of GCM without its cipher (NIST SP 800-38D, section 6.4; the bits are in the other order): the length and the 16-byte blocks of the text are the coefficients of a polynomial over
/// GF(2^128), evaluated at a point drawn at random when the process starts. Two different texts of up to n blocks are equal at (9n/8 + 2) / 2^128 of all points at most, whoever chose the texts (Carter and
/// Wegman 1979): 2^-118 for 8 KiB, and nobody outside can see a fingerprint. So it may be relied on as a content id may, which is 128 bits of a hash as well; but it means nothing in another process.
/// </remarks>
internal static class Fingerprint
{
    private const int BlockSize = 16;

    /// <summary>Blocks whose products are reduced together: most URLs are one group.</summary>
    private const int Group = 8;

    /// <summary>x^128 modulo the field's polynomial x^128 + x^7 + x^2 + x + 1.</summary>
    private const ulong Folded = 0x87;

    /// <summary>The point's powers, from the first on: one for each block of a group and one for what stands before it.</summary>
    private static readonly Vector128<ulong>[] Powers = MakePowers();

    /// <summary>Whether the processor multiplies polynomials. Without it a content id is the cheapest that is exact.</summary>
    public static bool IsSupported => Pclmulqdq.IsSupported;

    /// <summary>The fingerprint of a text. <see cref="IsSupported"/> must hold.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> text) => text.Length >= BlockSize ? OfBlocks(text, text.Length) : OfShort(text);

    private static UInt128 OfShort(ReadOnlySpan<byte> text)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        text.CopyTo(block);
        return OfBlocks(block, text.Length);
    }

    /// <summary>Sums the products of a group's coefficients and powers, and reduces them at its end.</summary>
    /// <remarks>Three sums in locals: as a struct with an Add they are kept in memory, and a fingerprint costs half as much again. The last block stands at the end of the text and may begin within the one before.</remarks>
    private static UInt128 OfBlocks(ReadOnlySpan<byte> text, int length)
    {
        ref var at = ref MemoryMarshal.GetReference(text);
        ref var powers = ref MemoryMarshal.GetArrayDataReference(Powers);
        var last = (nuint)(text.Length - BlockSize);
        var place = (nuint)0;

        // The length is the first coefficient of the first group, what a group gives that of the next.
        var coefficient = Vector128.CreateScalar((ulong)length);
        while (true)
        {
            var blocks = Math.Min(Group, (int)((last - place + BlockSize - 1) / BlockSize) + 1);
            Vector128<ulong> low = default, middle = default, high = default;
            for (var power = blocks; power >= 0; power--)
            {
                ref readonly var point = ref Unsafe.Add(ref powers, power);
                low ^= Pclmulqdq.CarrylessMultiply(coefficient, point, 0x00);
                middle ^= Pclmulqdq.CarrylessMultiply(coefficient, point, 0x01) ^ Pclmulqdq.CarrylessMultiply(coefficient, point, 0x10);
                high ^= Pclmulqdq.CarrylessMultiply(coefficient, point, 0x11);
                coefficient = Vector128.LoadUnsafe(ref at, Math.Min(place, last)).AsUInt64();
                place += BlockSize;
            }

            // One block was read ahead of its turn.
            place -= BlockSize;
            coefficient = Reduced(low, middle, high);
            if (place >= last + BlockSize)
                return Unsafe.BitCast<Vector128<ulong>, UInt128>(coefficient);
        }
    }

    /// <summary>The sum <c>high·x^128 + middle·x^64 + low</c> as an element of the field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Reduced(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        low ^= Sse2.ShiftLeftLogical128BitLane(middle, 8);
        high ^= Sse2.ShiftRightLogical128BitLane(middle, 8);
        var folded = Vector128.CreateScalar(Folded);
        var upper = Pclmulqdq.CarrylessMultiply(high, folded, 0x01);
        low ^= Sse2.ShiftLeftLogical128BitLane(upper, 8);
        high ^= Sse2.ShiftRightLogical128BitLane(upper, 8);
        return low ^ Pclmulqdq.CarrylessMultiply(high, folded, 0x00);
    }

    private static Vector128<ulong>[] MakePowers()
    {
        var powers = new Vector128<ulong>[Group + 1];
        if (!IsSupported)
            return powers;
        powers[0] = Vector128.Create(RandomNumberGenerator.GetBytes(BlockSize)).AsUInt64();
        for (var i = 1; i < powers.Length; i++)
        {
            powers[i] = Reduced(
                Pclmulqdq.CarrylessMultiply(powers[i - 1], powers[0], 0x00),
                Pclmulqdq.CarrylessMultiply(powers[i - 1], powers[0], 0x01) ^ Pclmulqdq.CarrylessMultiply(powers[i - 1], powers[0], 0x10),
                Pclmulqdq.CarrylessMultiply(powers[i - 1], powers[0], 0x11));
        }

        return powers;
    }
}
