using System.Runtime.CompilerServices;

namespace Atlas.Urls;

/// <summary>The query's part of <see cref="CleanUrl"/>: a few parameters, all of plain bytes, that stand in the destination already.</summary>
internal static class CleanQuery
{
    /// <summary>Parameters that are taken; more are the careful way's.</summary>
    private const int FewParts = 16;

    /// <summary>Brings the query into its one spelling; false when the careful way has to.</summary>
    /// <param name="query">The query, from the URL.</param>
    /// <param name="to">Holds the URL with the same query at <paramref name="start"/>, and a block and eight bytes behind it.</param>
    /// <param name="start">Behind the question mark.</param>
    /// <param name="names">What to drop.</param>
    /// <param name="host">The URL's, without a port.</param>
    /// <param name="length">The end of the query before and after.</param>
    /// <param name="applied">Gets what changed.</param>
    [SkipLocalsInit]
    public static bool TryRewrite(ReadOnlySpan<byte> query, Span<byte> to, int start, ParameterNames names, ReadOnlySpan<byte> host, ref int length, out AppliedRules applied)
    {
        applied = AppliedRules.None;
        Span<QueryPart> parts = stackalloc QueryPart[FewParts];
        var count = QueryParts.Split(to, start, length, parts);
        if (count < 0)
            return false;
        var filter = new ParameterFilter(names, host);
        var kept = filter.Apply(parts[..count], to);
        parts = parts[..kept];
        var isSorted = QueryOrder.IsSorted(parts, to);
        if (isSorted && QueryParts.AreAll(parts, length - start))
            return true;
        applied = QueryParts.Changes(kept < count ? AppliedRules.Parameters : AppliedRules.None, isSorted);
        if (!isSorted)
            QueryOrder.Sort(parts, default, to);
        // Without the question mark where nothing is left.
        length = parts.IsEmpty ? start - 1 : start + QueryParts.Write(query, start, parts, to[start..]);
        return true;
    }
}
