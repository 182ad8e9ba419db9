using System.Numerics;
using System.Runtime.Intrinsics;

namespace Atlas.Urls;

/// <summary>Takes a query in its one spelling apart and puts it together again.</summary>
internal static class QueryParts
{
    /// <summary>Bytes that are copied at once where there is room for them, whether all belong to the part or not.</summary>
    private const int Gulp = 16;

    /// <summary>Finds the parameters that stay, looking at separators in blocks of 64 bytes.</summary>
    /// <param name="text">Holds the query, and a block and eight bytes behind it.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="end">And ends.</param>
    /// <param name="filter">What goes.</param>
    /// <param name="parts">Takes them.</param>
    /// <param name="isWhole">Whether nothing goes, not even an empty part.</param>
    /// <param name="isSorted">Whether they stand in the order of their names.</param>
    /// <returns>How many there are; -1 if there may be more than <paramref name="parts"/> holds.</returns>
    public static int Split(scoped ReadOnlySpan<byte> text, int start, int end, scoped ref ParameterFilter filter, scoped Span<QueryPart> parts, out bool isWhole, out bool isSorted)
    {
        var count = 0;
        isWhole = isSorted = true;
        // Bits are for the bytes from here to the end of the block that was read last.
        var (separators, equals, blockEnd) = (0UL, 0UL, start);
        for (var at = start; at <= end;)
        {
            if (separators == 0 && blockEnd < end)
            {
                var block = CleanUrl.Block(text, at);
                (separators, equals, blockEnd) = (CleanUrl.Find(block, (byte)'&'), CleanUrl.Find(block, (byte)'='), at + 64);
            }

            var length = Math.Min(BitOperations.TrailingZeroCount(separators), end - at);
            if (length == 64)
                length = IndexOrLength(text[at..end], (byte)'&');
            var nameLength = Math.Min(BitOperations.TrailingZeroCount(equals), length);
            if (nameLength == 64)
                nameLength = IndexOrLength(text.Slice(at, length), (byte)'=');
            separators = separators >> length >> 1;
            equals = equals >> length >> 1;
            if (count == parts.Length)
                return -1;

            var part = new QueryPart(QueryPart.KeyOf(text, at, nameLength), at, length);
            at += length + 1;
            if (length == 0 || filter.Drops(part, nameLength, text))
            {
                isWhole = false;
                continue;
            }

            isSorted = isSorted && (count == 0 || QueryOrder.IsInOrder(parts[count - 1], part, text));
            parts[count++] = part;
        }

        return count;
    }

    /// <summary>Writes parts with a separator between them, and returns the length.</summary>
    /// <param name="text">Where they stand; not in <paramref name="to"/>.</param>
    /// <param name="shift">How far the text lies from where the parts think they stand.</param>
    /// <param name="parts">At least one.</param>
    /// <param name="to">One byte longer than all of them.</param>
    public static int Write(ReadOnlySpan<byte> text, int shift, ReadOnlySpan<QueryPart> parts, Span<byte> to)
    {
        var length = 0;
        foreach (ref readonly var part in parts)
        {
            var start = part.Start - shift;
            if (part.Length <= Gulp && start <= text.Length - Gulp && length <= to.Length - Gulp)
                Vector128.Create(text.Slice(start, Gulp)).CopyTo(to.Slice(length, Gulp));
            else
                text.Slice(start, part.Length).CopyTo(to[length..]);
            length += part.Length;
            to[length++] = (byte)'&';
        }

        return length - 1;
    }

    private static int IndexOrLength(ReadOnlySpan<byte> text, byte value)
    {
        var index = text.IndexOf(value);
        return index < 0 ? text.Length : index;
    }
}
