namespace Atlas.Urls.Idna;

/// <summary>Where the invisible joiners change what is displayed, and only there, a label may hold them (RFC 5892 appendices A.1 and A.2).</summary>
internal static class JoinerRule
{
    private const int NonJoiner = 0x200C, Joiner = 0x200D;

    private static readonly IdnaTable Table = IdnaTable.Instance;

    public static bool Allows(ReadOnlySpan<int> label)
    {
        for (var at = label.IndexOfAny(NonJoiner, Joiner); at >= 0 && at < label.Length; at++)
        {
            if (label[at] is not (NonJoiner or Joiner))
                continue;
            var followsVirama = at > 0 && Table.TraitsOf(label[at - 1]).IsVirama;
            if (!followsVirama && (label[at] == Joiner || !BreaksJoin(label[..at], label[(at + 1)..])))
                return false;
        }

        return true;
    }

    /// <summary>Whether the letters on both sides would join. Each side is looked at up to the first code point that is not transparent, so no code point is passed more than twice.</summary>
    private static bool BreaksJoin(ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        while (!before.IsEmpty && Table.TraitsOf(before[^1]).Joining == JoiningType.Transparent)
            before = before[..^1];
        while (!after.IsEmpty && Table.TraitsOf(after[0]).Joining == JoiningType.Transparent)
            after = after[1..];

        return !before.IsEmpty && Table.TraitsOf(before[^1]).Joining is JoiningType.Left or JoiningType.Dual
            && !after.IsEmpty && Table.TraitsOf(after[0]).Joining is JoiningType.Right or JoiningType.Dual;
    }
}
