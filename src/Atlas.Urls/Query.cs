using System.Buffers;
using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>One spelling for a query: no empty parts, no tracking parameters, the rest in the order of their names.</summary>
internal static class Query
{
    /// <summary>Parameters that are sorted on the stack; more are sorted in pooled memory.</summary>
    private const int FewParts = 32;

    /// <summary>Bytes of a query that is spelled on the stack; a longer one is spelled in pooled memory.</summary>
    private const int ShortLength = 320;

    /// <summary>Bytes behind the text, so that a block and a key can be read wherever it has a byte.</summary>
    private const int Slack = 72;

    /// <summary>Writes the question mark and the query, or nothing when nothing is left of it; returns the length.</summary>
    /// <param name="query">Without the question mark.</param>
    /// <param name="destination">At least 2 + 3 times as long.</param>
    /// <param name="names">What to drop.</param>
    /// <param name="host">The URL's, without a port.</param>
    /// <param name="dropsSessionIds">Whether session ids go too.</param>
    /// <param name="applied">Gets what changed.</param>
    [SkipLocalsInit]
    public static int Write(ReadOnlySpan<byte> query, Span<byte> destination, ParameterNames names, ReadOnlySpan<byte> host, bool dropsSessionIds, ref AppliedRules applied)
    {
        if (query.Length <= ShortLength)
            return Write(query, destination, names, host, dropsSessionIds, stackalloc byte[3 * ShortLength + Slack], ref applied);

        var text = ArrayPool<byte>.Shared.Rent(3 * query.Length + Slack);
        var length = Write(query, destination, names, host, dropsSessionIds, text, ref applied);
        ArrayPool<byte>.Shared.Return(text);
        return length;
    }

    [SkipLocalsInit]
    private static int Write(ReadOnlySpan<byte> query, Span<byte> destination, ParameterNames names, ReadOnlySpan<byte> host, bool dropsSessionIds, Span<byte> text, ref AppliedRules applied)
    {
        // Separators stay what they are, so the query can be spelled as a whole.
        var length = PercentEncoding.Normalize(query, text, PercentEncoding.InQuery);
        if (!text[..length].SequenceEqual(query))
            applied |= AppliedRules.Escapes;
        var filter = new ParameterFilter(names, host, dropsSessionIds, text[..length]);
        Span<QueryPart> few = stackalloc QueryPart[2 * FewParts];
        var count = QueryParts.Split(text, 0, length, few[..FewParts]);
        if (count >= 0)
            return Put(text, length, ref filter, few[..count], few[FewParts..], destination, ref applied);

        var capacity = text[..length].Count((byte)'&') + 1;
        var many = ArrayPool<QueryPart>.Shared.Rent(2 * capacity);
        count = QueryParts.Split(text, 0, length, many.AsSpan(0, capacity));
        length = Put(text, length, ref filter, many.AsSpan(0, count), many.AsSpan(capacity), destination, ref applied);
        ArrayPool<QueryPart>.Shared.Return(many);
        return length;
    }

    private static int Put(scoped ReadOnlySpan<byte> text, int length, scoped ref ParameterFilter filter, scoped Span<QueryPart> parts, scoped Span<QueryPart> spare, Span<byte> destination, ref AppliedRules applied)
    {
        parts = parts[..filter.Apply(parts, text)];
        if (parts.IsEmpty)
        {
            applied |= QueryParts.Changes(filter.Dropped, isSorted: true);
            return 0;
        }

        destination[0] = (byte)'?';
        var isSorted = parts.Length > QueryOrder.Most || QueryOrder.IsSorted(parts, text);
        if (isSorted && QueryParts.AreAll(parts, length))
        {
            text[..length].CopyTo(destination[1..]);
            return 1 + length;
        }

        applied |= QueryParts.Changes(filter.Dropped, isSorted);
        if (!isSorted)
            QueryOrder.Sort(parts, spare, text);
        return 1 + QueryParts.Write(text, 0, parts, destination[1..]);
    }
}
