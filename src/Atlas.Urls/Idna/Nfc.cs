using System.Runtime.CompilerServices;

namespace Atlas.Urls.Idna;

/// <summary>Unicode Normalization Form C (UAX #15) of code points that are valid in a host; the runtime has none while globalization is invariant.</summary>
internal static class Nfc
{
    /// <summary>No code point decomposes into more that are valid, so text in NFC has at least a third of the length of its decomposition. The table's generator makes sure of it.</summary>
    public const int MaxDecomposition = 3;

    private const int CombiningRanks = 64;

    private static readonly IdnaTable Table = IdnaTable.Instance;

    /// <summary>Writes the normal form; false if its decomposition does not fit <paramref name="destination"/>.</summary>
    public static bool TryNormalize(ReadOnlySpan<int> text, Span<int> destination, out int length)
    {
        if (!TryDecompose(text, destination, out length))
            return false;
        Order(destination[..length]);
        length = Compose(destination[..length]);
        return true;
    }

    private static bool TryDecompose(ReadOnlySpan<int> text, Span<int> destination, out int length)
    {
        length = 0;
        foreach (var codePoint in text)
        {
            if (destination.Length - length < MaxDecomposition)
                return false;

            var parts = Table.ReplacementOf(codePoint);
            if (Hangul.IsSyllable(codePoint))
                length += Hangul.Decompose(codePoint, destination[length..]);
            else if (parts.IsEmpty)
                destination[length++] = codePoint;
            else
                foreach (var part in parts.EnumerateRunes())
                    destination[length++] = part.Value;
        }

        return true;
    }

    /// <summary>The canonical ordering: each run of combining marks by class, marks of one class as they stood.</summary>
    private static void Order(Span<int> text)
    {
        for (var start = 0; start < text.Length; start++)
        {
            var last = Table.TraitsOf(text[start]).CombiningRank;
            if (last == 0)
                continue;

            var isOrdered = true;
            var end = start + 1;
            for (; end < text.Length && Table.TraitsOf(text[end]).CombiningRank is > 0 and var rank; end++)
            {
                isOrdered &= last <= rank;
                last = rank;
            }

            if (!isOrdered)
                Sort(text[start..end]);
            start = end;
        }
    }

    /// <summary>By counting, so that a run of a thousand marks costs no more than a thousand marks.</summary>
    [SkipLocalsInit]
    private static void Sort(Span<int> run)
    {
        Span<int> places = stackalloc int[CombiningRanks + 1];
        places.Clear();
        foreach (var mark in run)
            places[Table.TraitsOf(mark).CombiningRank + 1]++;
        for (var rank = 1; rank < places.Length; rank++)
            places[rank] += places[rank - 1];

        Span<int> sorted = stackalloc int[run.Length];
        foreach (var mark in run)
            sorted[places[Table.TraitsOf(mark).CombiningRank]++] = mark;
        sorted.CopyTo(run);
    }

    /// <summary>Composes in place and returns the new length. A mark reaches its starter if nothing between them has the mark's class or a higher one.</summary>
    private static int Compose(Span<int> text)
    {
        var written = 0;
        var starter = -1;
        var last = 0;
        foreach (var codePoint in text)
        {
            var traits = Table.TraitsOf(codePoint);
            var rank = traits.CombiningRank;
            if (starter >= 0 && (written == starter + 1 || last < rank) && TryCompose(text[starter], codePoint, traits, out var composite))
            {
                text[starter] = composite;
                continue;
            }

            if (rank == 0)
                starter = written;
            last = rank;
            text[written++] = codePoint;
        }

        return written;
    }

    private static bool TryCompose(int first, int second, CodePointTraits traits, out int composite)
    {
        composite = 0;
        return traits.ComposesBack ? Table.TryCompose(first, second, out composite) : Hangul.TryCompose(first, second, out composite);
    }
}
