namespace Atlas.Pipeline.Topology;

/// <summary>Guesses which known word a mistyped one was meant to be.</summary>
internal static class DidYouMean
{
    /// <summary><c> Did you mean 'x'?</c> with a leading space, or nothing when no word is near.</summary>
    public static string Among(string written, IEnumerable<string> known)
    {
        var best = known
            .Select(word => (Word: word, Distance: DistanceOf(written, word)))
            .Where(guess => guess.Distance <= Math.Max(1, guess.Word.Length / 3))
            .OrderBy(guess => guess.Distance)
            .FirstOrDefault();
        return best.Word is null ? "" : $" Did you mean '{best.Word}'?";
    }

    /// <summary>Edits from one word to the other, where swapping two neighbours is one edit (optimal string alignment).</summary>
    internal static int DistanceOf(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= to.Length; j++)
            rows[0, j] = j;

        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var cost = from[i - 1] == to[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[from.Length, to.Length];
    }
}
