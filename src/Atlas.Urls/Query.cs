using System.Buffers;
using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>One spelling for a query: no empty parts, no tracking parameters, the rest in the order of their names.</summary>
internal static class Query
{
    /// <summary>Parameters that are sorted on the stack; more are sorted in pooled memory.</summary>
    private const int FewParts = 32;

    /// <summary>Writes the question mark and the query, or nothing when nothing is left of it; returns the length.</summary>
    /// <param name="query">Without the question mark.</param>
    /// <param name="destination">At least 1 + 3 times as long.</param>
    /// <param name="names">What to drop.</param>
    /// <param name="host">The URL's, without a port.</param>
    /// <param name="dropsSessionIds">Whether session ids go too.</param>
    [SkipLocalsInit]
    public static int Write(ReadOnlySpan<byte> query, Span<byte> destination, ParameterNames names, ReadOnlySpan<byte> host, bool dropsSessionIds)
    {
        var capacity = query.Count((byte)'&') + 1;
        if (capacity <= FewParts)
            return Write(query, destination, names, host, dropsSessionIds, stackalloc Part[FewParts], stackalloc Part[FewParts]);

        var parts = ArrayPool<Part>.Shared.Rent(capacity);
        var spare = ArrayPool<Part>.Shared.Rent(capacity);
        var length = Write(query, destination, names, host, dropsSessionIds, parts, spare);
        ArrayPool<Part>.Shared.Return(parts);
        ArrayPool<Part>.Shared.Return(spare);
        return length;
    }

    private static int Write(ReadOnlySpan<byte> query, Span<byte> destination, ParameterNames names, ReadOnlySpan<byte> host, bool dropsSessionIds, Span<Part> parts, Span<Part> spare)
    {
        var whole = query;
        var count = 0;
        var length = 0;
        var isSorted = true;
        while (!query.IsEmpty)
        {
            var end = query.IndexOf((byte)'&');
            var part = end < 0 ? query : query[..end];
            query = end < 0 ? default : query[(end + 1)..];
            if (part.IsEmpty)
                continue;

            var start = length + 1;
            var written = PercentEncoding.Normalize(part, destination[start..], PercentEncoding.PlainInQuery);
            var equals = destination.Slice(start, written).IndexOf((byte)'=');
            var next = new Part(start, equals < 0 ? written : equals, written);
            if (names.Drops(next.NameIn(destination), host) || (dropsSessionIds && SessionIds.Contains(next.NameIn(destination), next.ValueIn(destination), whole)))
                continue;

            destination[length] = count == 0 ? (byte)'?' : (byte)'&';
            isSorted = isSorted && (count == 0 || parts[count - 1].NameIn(destination).SequenceCompareTo(next.NameIn(destination)) <= 0);
            parts[count++] = next;
            length = start + written;
        }

        if (!isSorted)
            Rearrange(destination[..length], Sort(destination, parts[..count], spare[..count]));
        return length;
    }

    private static void Rearrange(Span<byte> query, ReadOnlySpan<Part> parts)
    {
        var copy = ArrayPool<byte>.Shared.Rent(query.Length);
        query.CopyTo(copy);
        var at = 1;
        foreach (var part in parts)
        {
            copy.AsSpan(part.Start, part.Length).CopyTo(query[at..]);
            at += part.Length;
            if (at < query.Length)
                query[at++] = (byte)'&';
        }

        ArrayPool<byte>.Shared.Return(copy);
    }

    /// <summary>A merge sort from the bottom up: stable, and no query makes it slow.</summary>
    private static Span<Part> Sort(ReadOnlySpan<byte> text, Span<Part> parts, Span<Part> spare)
    {
        for (var width = 1; width < parts.Length; width *= 2)
        {
            for (var start = 0; start < parts.Length; start += 2 * width)
            {
                var middle = Math.Min(start + width, parts.Length);
                var end = Math.Min(start + 2 * width, parts.Length);
                var (left, right) = (start, middle);
                for (var at = start; at < end; at++)
                {
                    var takesLeft = left < middle && (right == end || parts[left].NameIn(text).SequenceCompareTo(parts[right].NameIn(text)) <= 0);
                    spare[at] = takesLeft ? parts[left++] : parts[right++];
                }
            }

            var sorted = spare;
            spare = parts;
            parts = sorted;
        }

        return parts;
    }

    private readonly record struct Part(int Start, int NameLength, int Length)
    {
        public ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> text) => text.Slice(Start, NameLength);

        public ReadOnlySpan<byte> ValueIn(ReadOnlySpan<byte> text) => NameLength == Length ? default : text.Slice(Start + NameLength + 1, Length - NameLength - 1);
    }
}
