using System.Buffers;

namespace Atlas.Pipeline.Fetch;

/// <summary>Matches a path against a rule with stars, in the form of <see cref="RobotsPath"/>. Work is linear in both, whatever they are.</summary>
/// <remarks>
/// Between stars the leftmost place that fits is as good as any, so nothing is tried twice. Each piece is looked for once from where the last one ended: a short one with the runtime's vectors,
/// which try each place for the price of a few comparisons; a long one by Knuth, Morris and Pratt, as trying each place would cost its length.
/// </remarks>
internal static class RobotsPattern
{
    private const int Short = 64;

    /// <summary>Whether the rule matches.</summary>
    /// <param name="pattern">With <c>*</c> for anything.</param>
    /// <param name="toTheEnd">Whether it must match up to the path's end (<c>$</c>).</param>
    /// <param name="path">What is to be matched.</param>
    /// <param name="steps">Grows by the octets that were looked at, or had to be at worst: at most twice those of rule and path.</param>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, bool toTheEnd, ReadOnlySpan<byte> path, ref int steps)
    {
        var star = pattern.IndexOf((byte)'*');
        var piece = star < 0 ? pattern : pattern[..star];
        steps += piece.Length + 1;
        if (!path.StartsWith(piece))
            return false;
        path = path[piece.Length..];
        if (star < 0)
            return !toTheEnd || path.IsEmpty;

        for (pattern = pattern[(star + 1)..]; (star = pattern.IndexOf((byte)'*')) >= 0; pattern = pattern[(star + 1)..])
        {
            if (!TryPass(pattern[..star], ref path, ref steps))
                return false;
        }

        if (!toTheEnd)
            return TryPass(pattern, ref path, ref steps);
        steps += pattern.Length;
        return path.EndsWith(pattern);
    }

    private static bool TryPass(ReadOnlySpan<byte> piece, ref ReadOnlySpan<byte> path, ref int steps)
    {
        if (piece.Length > path.Length)
        {
            steps++;
            return false;
        }

        var at = piece.Length <= Short ? IndexOfShort(path, piece, ref steps) : IndexOfLong(path, piece, ref steps);
        if (at < 0)
            return false;
        path = path[(at + piece.Length)..];
        return true;
    }

    private static int IndexOfShort(ReadOnlySpan<byte> path, ReadOnlySpan<byte> piece, ref int steps)
    {
        var at = path.IndexOf(piece);

        // At worst the runtime compares all of the piece at each place, so many octets at a time.
        steps += 1 + ((at < 0 ? path.Length : at + piece.Length) * (1 + (piece.Length / (Short + 1))));
        return at;
    }

    private static int IndexOfLong(ReadOnlySpan<byte> path, ReadOnlySpan<byte> piece, ref int steps)
    {
        var borders = ArrayPool<int>.Shared.Rent(piece.Length);
        try
        {
            borders[0] = 0;
            for (int i = 1, border = 0; i < piece.Length; i++)
            {
                for (steps++; border > 0 && piece[i] != piece[border]; steps++)
                    border = borders[border - 1];
                if (piece[i] == piece[border])
                    border++;
                borders[i] = border;
            }

            for (int i = 0, matched = 0; i < path.Length; i++)
            {
                for (steps++; matched > 0 && path[i] != piece[matched]; steps++)
                    matched = borders[matched - 1];
                if (path[i] == piece[matched])
                    matched++;
                if (matched == piece.Length)
                    return i + 1 - matched;
            }

            return -1;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(borders);
        }
    }
}
