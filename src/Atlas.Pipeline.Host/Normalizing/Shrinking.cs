namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>Makes counter-examples as short as they can be.</summary>
internal static class Shrinking
{
    /// <summary>Leaves out ever smaller pieces for as long as what is left breaks the law.</summary>
    /// <param name="line">Breaks it.</param>
    /// <param name="breaks">Whether a shorter line does.</param>
    public static byte[] Shrink(byte[] line, Predicate<byte[]> breaks)
    {
        for (var piece = line.Length; piece > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= line.Length;)
            {
                byte[] shorter = [.. line[..at], .. line[(at + piece)..]];
                if (breaks(shorter))
                    line = shorter;
                else
                    at += piece;
            }
        }

        return line;
    }

    /// <summary>The same for two lines that break a law together: first what they share goes from both, then what is left from each.</summary>
    public static (byte[] First, byte[] Second) Shrink(byte[] first, byte[] second, Func<byte[], byte[], bool> breaks)
    {
        var start = first.AsSpan().CommonPrefixLength(second);
        var end = 0;
        while (end < Math.Min(first.Length, second.Length) - start && first[^(end + 1)] == second[^(end + 1)])
            end++;
        var (before, behind) = (first[..start], first[^end..]);
        (first, second) = (first[start..^end], second[start..^end]);

        before = Shrink(before, shorter => breaks([.. shorter, .. first, .. behind], [.. shorter, .. second, .. behind]));
        behind = Shrink(behind, shorter => breaks([.. before, .. first, .. shorter], [.. before, .. second, .. shorter]));
        first = Shrink(first, shorter => breaks([.. before, .. shorter, .. behind], [.. before, .. second, .. behind]));
        second = Shrink(second, shorter => breaks([.. before, .. first, .. behind], [.. before, .. shorter, .. behind]));
        return ([.. before, .. first, .. behind], [.. before, .. second, .. behind]);
    }
}
