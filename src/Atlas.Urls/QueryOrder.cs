using System.Numerics;
using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>Sorts parameters by name, byte by byte; those of one name keep their order. No names make it slow: each byte of a name is looked at a few times at most.</summary>
internal static class QueryOrder
{
    /// <summary>Up to here insertion is fastest.</summary>
    private const int Few = 16;

    /// <summary>From here on, counting beats merging.</summary>
    private const int Many = 128;

    /// <summary>From here on, more counters are worth fewer rounds.</summary>
    private const int VeryMany = 1024;

    /// <summary>Whether parts stand in order.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool IsSorted(ReadOnlySpan<QueryPart> parts, ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < parts.Length; i++)
        {
            ref readonly var left = ref parts[i - 1];
            ref readonly var right = ref parts[i];
            if (left.Key > right.Key || (left.Key == right.Key && left.IsLong && left.NameIn(text).SequenceCompareTo(right.NameIn(text)) > 0))
                return false;
        }

        return true;
    }

    /// <summary>Sorts parts; their keys are undefined afterwards.</summary>
    /// <param name="parts">With the keys of their names' starts.</param>
    /// <param name="spare">At least as long, if they are more than sixteen.</param>
    /// <param name="text">Where the parts stand, and eight bytes behind.</param>
    public static void Sort(Span<QueryPart> parts, Span<QueryPart> spare, ReadOnlySpan<byte> text) => Sort(parts, spare, text, QueryPart.KeyLength);

    private static void Sort(Span<QueryPart> parts, Span<QueryPart> spare, ReadOnlySpan<byte> text, int depth)
    {
        var differences = Differences(parts);
        for (; differences == 0; depth += QueryPart.KeyLength)
        {
            if (!parts[0].IsLong)
                return;
            GoBelow(parts, text, depth);
            differences = Differences(parts);
        }

        if (parts.Length <= Few)
            Insert(parts);
        else if (parts.Length < Many)
            Merge(parts, spare);
        else
            Count(parts, spare, differences);

        // What the keys can't tell apart, the next eight bytes do.
        for (var start = 0; start < parts.Length;)
        {
            var end = start + 1;
            while (end < parts.Length && parts[end].Key == parts[start].Key)
                end++;
            if (end - start > 1 && parts[start].IsLong)
            {
                GoBelow(parts[start..end], text, depth);
                Sort(parts[start..end], spare, text, depth + QueryPart.KeyLength);
            }

            start = end;
        }
    }

    private static void GoBelow(Span<QueryPart> parts, ReadOnlySpan<byte> text, int depth)
    {
        foreach (ref var part in parts)
            part = part.Below(depth, text);
    }

    private static ulong Differences(ReadOnlySpan<QueryPart> parts)
    {
        var differences = 0UL;
        foreach (ref readonly var part in parts)
            differences |= part.Key ^ parts[0].Key;
        return differences;
    }

    private static void Insert(Span<QueryPart> parts)
    {
        for (var i = 1; i < parts.Length; i++)
        {
            var part = parts[i];
            var at = i;
            for (; at > 0 && parts[at - 1].Key > part.Key; at--)
                parts[at] = parts[at - 1];
            parts[at] = part;
        }
    }

    private static void Merge(Span<QueryPart> parts, Span<QueryPart> spare)
    {
        if (parts.Length <= Few)
        {
            Insert(parts);
            return;
        }

        var left = spare[..(parts.Length / 2)];
        var right = parts[left.Length..];
        Merge(parts[..left.Length], spare);
        Merge(right, spare);
        parts[..left.Length].CopyTo(left);
        var (l, r) = (0, 0);
        for (var at = 0; l < left.Length; at++)
            parts[at] = r == right.Length || left[l].Key <= right[r].Key ? left[l++] : right[r++];
    }

    /// <summary>A few bits of the key at a time, the last first (radix sort); bits that are the same in all keys cost nothing.</summary>
    [SkipLocalsInit]
    private static void Count(Span<QueryPart> parts, Span<QueryPart> spare, ulong differences)
    {
        var width = parts.Length < VeryMany ? 8 : 11;
        var mask = (1 << width) - 1;
        Span<int> ends = stackalloc int[1 << width];
        var from = parts;
        var to = spare[..parts.Length];
        while (differences != 0)
        {
            var shift = BitOperations.TrailingZeroCount(differences);
            differences &= ~((ulong)mask << shift);
            ends.Clear();
            foreach (ref readonly var part in from)
                ends[(int)(part.Key >> shift) & mask]++;
            var next = 0;
            foreach (ref var place in ends)
                (place, next) = (next, next + place);
            foreach (ref readonly var part in from)
                to[ends[(int)(part.Key >> shift) & mask]++] = part;
            var sorted = to;
            to = from;
            from = sorted;
        }

        if (from != parts)
            from.CopyTo(parts);
    }
}
