using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>The query's part of <see cref="CleanUrl"/>: a few parameters, all of plain bytes, that stand in the destination already.</summary>
internal static class CleanQuery
{
    /// <summary>Parameters that are taken; more are the careful way's.</summary>
    private const int FewParts = 16;

    /// <summary>Brings the query into its one spelling; false when the careful way has to.</summary>
    /// <param name="query">The query, from the URL.</param>
    /// <param name="to">Holds the URL with the same query at <paramref name="start"/>, and a block's length behind it.</param>
    /// <param name="start">Behind the question mark.</param>
    /// <param name="names">What to drop.</param>
    /// <param name="host">The URL's, without a port.</param>
    /// <param name="length">The end of the query before and after.</param>
    [SkipLocalsInit]
    public static bool TryRewrite(ReadOnlySpan<byte> query, Span<byte> to, int start, ParameterNames names, ReadOnlySpan<byte> host, ref int length) =>
        TryRewrite(query, to, start, names, host, stackalloc Part[FewParts], ref length);

    private static bool TryRewrite(ReadOnlySpan<byte> query, Span<byte> to, int start, ParameterNames names, ReadOnlySpan<byte> host, Span<Part> parts, ref int length)
    {
        var count = 0;
        var isSorted = true;
        var isWhole = true;
        // Bits are for the bytes from here to the end of the block that was read last.
        var (separators, equals, blockEnd) = (0UL, 0UL, start);
        for (var at = start; at <= length;)
        {
            if (separators == 0 && blockEnd < length)
            {
                var block = CleanUrl.Block(to, at);
                (separators, equals, blockEnd) = (CleanUrl.Find(block, (byte)'&'), CleanUrl.Find(block, (byte)'='), at + 64);
            }

            var partLength = Math.Min(BitOperations.TrailingZeroCount(separators), length - at);
            if (partLength == 64)
                partLength = LongLength(to[at..length]);
            var nameLength = Math.Min(BitOperations.TrailingZeroCount(equals), partLength);
            separators = separators >> partLength >> 1;
            equals = equals >> partLength >> 1;
            if (nameLength == 64 || count == FewParts)
                return false;

            var part = new Part(at, nameLength, partLength, Key(to, at, nameLength));
            at += partLength + 1;
            if (partLength == 0 || names.Drops(part.NameIn(to), host))
            {
                isWhole = false;
                continue;
            }

            isSorted = isSorted && (count == 0 || IsInOrder(parts[count - 1], part, to));
            parts[count++] = part;
        }

        if (isWhole && isSorted)
            return true;
        if (!isSorted)
            Sort(to, parts[..count]);
        length = Write(query, to, start, parts[..count]);
        return true;
    }

    private static int LongLength(ReadOnlySpan<byte> part)
    {
        var end = part.IndexOf((byte)'&');
        return end < 0 ? part.Length : end;
    }

    /// <summary>The first eight bytes of a name as a number in the order of names; a shorter name is filled up with zeros, which no name has.</summary>
    private static ulong Key(ReadOnlySpan<byte> text, int start, int nameLength)
    {
        var key = BinaryPrimitives.ReadUInt64BigEndian(text[start..]);
        return nameLength >= sizeof(ulong) ? key : key & ~(ulong.MaxValue >> (8 * nameLength));
    }

    private static bool IsInOrder(in Part left, in Part right, ReadOnlySpan<byte> text) =>
        left.Key < right.Key || (left.Key == right.Key && left.NameIn(text).SequenceCompareTo(right.NameIn(text)) <= 0);

    /// <summary>By insertion: stable, and so few parts cannot make it slow.</summary>
    private static void Sort(ReadOnlySpan<byte> text, Span<Part> parts)
    {
        for (var i = 1; i < parts.Length; i++)
        {
            var part = parts[i];
            var at = i;
            for (; at > 0 && !IsInOrder(parts[at - 1], part, text); at--)
                parts[at] = parts[at - 1];
            parts[at] = part;
        }
    }

    private static int Write(ReadOnlySpan<byte> query, Span<byte> to, int start, ReadOnlySpan<Part> parts)
    {
        var at = start;
        foreach (var part in parts)
        {
            // Nothing behind this place has been written over yet.
            if (part.Start != at)
                query.Slice(part.Start - start, part.Length).CopyTo(to[at..]);
            at += part.Length;
            to[at++] = (byte)'&';
        }

        // Without the last separator, or the question mark where nothing is left.
        return at - 1;
    }

    private readonly record struct Part(int Start, int NameLength, int Length, ulong Key)
    {
        public ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> text) => text.Slice(Start, NameLength);
    }
}
