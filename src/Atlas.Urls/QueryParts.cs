using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Atlas.Urls;

/// <summary>Takes a query in its one spelling apart and puts it together again.</summary>
internal static class QueryParts
{
    /// <summary>Bytes that are copied at once where there is room for them, whether all belong to the part or not.</summary>
    private const int Gulp = 16;

    private const int BlockLength = 64;

    /// <summary>Finds the parameters that aren't empty, looking at separators in blocks of 64 bytes.</summary>
    /// <param name="text">Holds the query, and a block and eight bytes behind it.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="end">And ends.</param>
    /// <param name="parts">Takes them.</param>
    /// <returns>How many there are; -1 if there may be more than <paramref name="parts"/> holds.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Split(ReadOnlySpan<byte> text, int start, int end, Span<QueryPart> parts)
    {
        var count = 0;
        var equalsAt = -1;
        for (var blockStart = start; ; blockStart += BlockLength)
        {
            var block = CleanUrl.Block(text, blockStart);
            var separators = CleanUrl.Find(block, (byte)'&');
            var equals = CleanUrl.Find(block, (byte)'=');
            var left = end - blockStart;
            if (left < BlockLength)
            {
                // The end ends the last part.
                separators = (separators & ((1UL << left) - 1)) | (1UL << left);
                equals &= (1UL << left) - 1;
            }

            for (; separators != 0; separators &= separators - 1)
            {
                var partEnd = blockStart + BitOperations.TrailingZeroCount(separators);
                if (equalsAt < 0)
                    equalsAt = Math.Min(blockStart + BitOperations.TrailingZeroCount(equals), partEnd);
                equals &= ~(separators ^ (separators - 1));
                if (partEnd > start)
                {
                    if (count == parts.Length)
                        return -1;
                    parts[count++] = new QueryPart(QueryPart.KeyOf(text, start, equalsAt - start), start, partEnd - start);
                }

                equalsAt = -1;
                start = partEnd + 1;
            }

            if (left < BlockLength)
                return count;
            if (equalsAt < 0 && equals != 0)
                equalsAt = blockStart + BitOperations.TrailingZeroCount(equals);
        }
    }

    /// <summary>Whether parts are all there is of a query, with no separator too many.</summary>
    public static bool AreAll(ReadOnlySpan<QueryPart> parts, int length)
    {
        foreach (ref readonly var part in parts)
            length -= part.Length + 1;
        return length == -1;
    }

    /// <summary>What changes a query that is not its own one spelling.</summary>
    /// <param name="dropped">By which rules parameters go.</param>
    /// <param name="isSorted">Whether the others stand in order.</param>
    public static AppliedRules Changes(AppliedRules dropped, bool isSorted)
    {
        var changes = dropped | (isSorted ? AppliedRules.None : AppliedRules.ParameterOrder);
        return changes == AppliedRules.None ? AppliedRules.EmptyParameters : changes;
    }

    /// <summary>Writes parts with a separator between them, and returns the length.</summary>
    /// <param name="text">Where they stand; not in <paramref name="to"/>.</param>
    /// <param name="shift">How far the text lies from where the parts think they stand.</param>
    /// <param name="parts">At least one.</param>
    /// <param name="to">One byte longer than all of them.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
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
}
