using System.Numerics;
using System.Runtime.CompilerServices;

namespace Atlas.Urls.Idna;

/// <summary>Code points of one label to and from ASCII (RFC 3492), without the prefix <c>xn--</c>.</summary>
/// <remarks>Each sequence of code points has one encoding and a decoder that refuses all others, upper case aside; so decoding needs no second encoding to check it.</remarks>
internal static class Punycode
{
    /// <summary>The longest label that can be encoded, in code points.</summary>
    public const int MaxLength = 256;

    private const int Base = 36, MinThreshold = 1, MaxThreshold = 26, Skew = 38, Damp = 700, InitialBias = 72, FirstNonBasic = 0x80;
    private const byte Delimiter = (byte)'-';

    /// <summary>Decodes digits in lower case; false if they encode nothing, or more than fits.</summary>
    public static bool TryDecode(ReadOnlySpan<int> digits, Span<int> destination, out int length)
    {
        // A delimiter at the very start is none, and as a digit it fails.
        length = Math.Max(digits.LastIndexOf(Delimiter), 0);
        if (length > destination.Length)
            return false;
        digits[..length].CopyTo(destination);
        digits = digits[(length > 0 ? length + 1 : 0)..];

        var codePoint = FirstNonBasic;
        var at = 0;
        var bias = InitialBias;
        while (!digits.IsEmpty)
        {
            var before = at;
            if (length == destination.Length || !TryReadInteger(ref digits, bias, ref at))
                return false;

            length++;
            bias = Adapt(at - before, length, before == 0);
            if (at / length > 0x10FFFF - codePoint)
                return false;
            codePoint += at / length;
            at %= length;
            destination[at..(length - 1)].CopyTo(destination[(at + 1)..]);
            destination[at++] = codePoint;
        }

        return true;
    }

    /// <summary>Encodes a label of at most <see cref="MaxLength"/> code points; false if it does not fit.</summary>
    /// <remarks>
    /// The RFC passes over the label once for each distinct code point. Here the code points are sorted, and how many of those already written stand between two
    /// places is counted in a bit set: the same numbers without the quadratic time. At these lengths nothing can overflow: 10FFFF * 257 is below 2^31.
    /// </remarks>
    [SkipLocalsInit]
    public static bool TryEncode(ReadOnlySpan<int> label, Span<byte> destination, out int length)
    {
        Span<int> order = stackalloc int[MaxLength];
        Span<ulong> written = stackalloc ulong[MaxLength / 64];
        written.Clear();
        length = 0;
        var count = 0;
        for (var at = 0; at < label.Length; at++)
        {
            if (label[at] >= FirstNonBasic)
            {
                order[count++] = label[at] << 8 | at;
            }
            else if (length < destination.Length)
            {
                destination[length++] = (byte)label[at];
                written[at >> 6] |= 1UL << at;
            }
            else
            {
                return false;
            }
        }

        var basics = length;
        if (basics > 0 && !TryPut(Delimiter, destination, ref length))
            return false;
        order = order[..count];
        order.Sort();

        var done = basics;
        var codePoint = FirstNonBasic - 1;
        var previous = label.Length - 1;
        var delta = -1;
        var bias = InitialBias;
        foreach (var next in order)
        {
            var at = next & 0xFF;
            if (next >> 8 > codePoint)
            {
                // The rest of the pass in which the last code point was met, the passes that meet none, the pass that meets this one.
                delta += done - CountBelow(previous + 1, written) + 1 + ((next >> 8) - codePoint - 1) * (done + 1);
                codePoint = next >> 8;
                previous = -1;
            }

            delta += CountBelow(at, written) - CountBelow(previous + 1, written);
            if (!TryWriteInteger(delta, bias, destination, ref length))
                return false;
            done++;
            bias = Adapt(delta, done, done == basics + 1);
            written[at >> 6] |= 1UL << at;
            previous = at;
            delta = 0;
        }

        return true;
    }

    /// <summary>Adds a generalized variable-length integer (section 3.3) to <paramref name="sum"/>.</summary>
    private static bool TryReadInteger(ref ReadOnlySpan<int> digits, int bias, ref int sum)
    {
        var weight = 1;
        for (var k = Base; !digits.IsEmpty; k += Base)
        {
            var digit = digits[0] switch
            {
                >= 'a' and <= 'z' => digits[0] - 'a',
                >= '0' and <= '9' => digits[0] - '0' + 26,
                _ => Base,
            };
            digits = digits[1..];
            if (digit == Base || digit > (int.MaxValue - sum) / weight)
                return false;
            sum += digit * weight;

            var threshold = Math.Clamp(k - bias, MinThreshold, MaxThreshold);
            if (digit < threshold)
                return true;
            if (weight > int.MaxValue / (Base - threshold))
                return false;
            weight *= Base - threshold;
        }

        return false;
    }

    private static bool TryWriteInteger(int value, int bias, Span<byte> destination, ref int length)
    {
        for (var k = Base; ; k += Base)
        {
            var threshold = Math.Clamp(k - bias, MinThreshold, MaxThreshold);
            if (value < threshold)
                return TryPut(Digit(value), destination, ref length);
            if (!TryPut(Digit(threshold + (value - threshold) % (Base - threshold)), destination, ref length))
                return false;
            value = (value - threshold) / (Base - threshold);
        }
    }

    private static byte Digit(int value) => (byte)(value < 26 ? 'a' + value : '0' + value - 26);

    private static bool TryPut(byte value, Span<byte> destination, ref int length)
    {
        if (length == destination.Length)
            return false;
        destination[length++] = value;
        return true;
    }

    private static int Adapt(int delta, int count, bool isFirst)
    {
        delta /= isFirst ? Damp : 2;
        delta += delta / count;
        var k = 0;
        for (; delta > (Base - MinThreshold) * MaxThreshold / 2; k += Base)
            delta /= Base - MinThreshold;
        return k + (Base - MinThreshold + 1) * delta / (delta + Skew);
    }

    private static int CountBelow(int position, ReadOnlySpan<ulong> set)
    {
        var count = 0;
        var word = 0;
        for (; position >= 64; position -= 64)
            count += BitOperations.PopCount(set[word++]);
        return position == 0 ? count : count + BitOperations.PopCount(set[word] & ((1UL << position) - 1));
    }
}
