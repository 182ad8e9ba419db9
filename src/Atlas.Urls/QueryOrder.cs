using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Atlas.Urls;

/// <summary>Sorts parameters by name, byte by byte; those of one name keep their order. No names make it slow: each byte of a name is looked at a few times at most.</summary>
internal static class QueryOrder
{
    /// <summary>Parameters up to which a query is sorted; nobody writes more of them in two orders, and a hostile line of nothing else must not cost more than others.</summary>
    public const int Most = 1024;

    /// <summary>Up to here insertion is fastest.</summary>
    private const int Few = 16;

    /// <summary>From here on, counting beats merging.</summary>
    private const int Many = 128;

    /// <summary>After so many rounds of counting, what is left to tell apart are small groups.</summary>
    private const int Rounds = 3;

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
        var differences = Differences(parts, out var anyIsLong);
        for (; differences == 0; depth += QueryPart.KeyLength)
        {
            if (!anyIsLong)
                return;
            GoBelow(parts, text, depth);
            differences = Differences(parts, out anyIsLong);
        }

        var decided = ulong.MaxValue;
        if (parts.Length <= Few)
            Insert(parts);
        else if (parts.Length < Many)
            Merge(parts, spare);
        else
            decided = Count(parts, spare, differences);
        if (!anyIsLong && (differences & ~decided) == 0)
            return;

        // What that could not tell apart, the rest of the keys or the next eight bytes do.
        for (var start = 0; start < parts.Length;)
        {
            var end = start + 1;
            while (end < parts.Length && ((parts[end].Key ^ parts[start].Key) & decided) == 0)
                end++;
            if (end - start > 1)
                Sort(parts[start..end], spare, text, depth);
            start = end;
        }
    }

    private static void GoBelow(Span<QueryPart> parts, ReadOnlySpan<byte> text, int depth)
    {
        foreach (ref var part in parts)
            part = part.Below(depth, text);
    }

    /// <summary>The bits that aren't the same in all keys.</summary>
    private static ulong Differences(ReadOnlySpan<QueryPart> parts, out bool anyIsLong)
    {
        var (some, all) = (0UL, ulong.MaxValue);
        if (parts.Length >= Many)
        {
            // A part is its key and eight bytes more, so keys are the even elements.
            var words = MemoryMarshal.Cast<QueryPart, ulong>(parts);
            var (someOfFour, allOfFour) = (Vector512<ulong>.Zero, Vector512<ulong>.AllBitsSet);
            for (; words.Length >= Vector512<ulong>.Count; words = words[Vector512<ulong>.Count..])
            {
                var four = Vector512.Create(words);
                someOfFour |= four;
                allOfFour &= four;
            }

            for (var key = 0; key < Vector512<ulong>.Count; key += 2)
            {
                some |= someOfFour[key];
                all &= allOfFour[key];
            }

            parts = parts[^(words.Length / 2)..];
        }

        foreach (ref readonly var part in parts)
        {
            some |= part.Key;
            all &= part.Key;
        }

        anyIsLong = (byte)some != 0;
        return some & ~all;
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

    /// <summary>Sorts by the first bits that differ, in a few rounds of counting, the last bits first (radix sort).</summary>
    /// <returns>The bits that it looked at.</returns>
    [SkipLocalsInit]
    private static ulong Count(Span<QueryPart> parts, Span<QueryPart> spare, ulong differences)
    {
        var digits = new KeyDigits(differences, Rounds);
        Span<int> counts = stackalloc int[KeyDigits.Values];
        var from = parts;
        var to = spare[..parts.Length];
        for (var round = 0; round < digits.Count; round++)
        {
            counts.Clear();
            foreach (ref readonly var part in from)
                counts[digits.Of(part.Key, round)]++;
            var next = 0;
            foreach (ref var place in counts)
                (place, next) = (next, next + place);
            foreach (ref readonly var part in from)
                to[counts[digits.Of(part.Key, round)]++] = part;
            var sorted = to;
            to = from;
            from = sorted;
        }

        if (from != parts)
            from.CopyTo(parts);
        return digits.Bits;
    }
}
