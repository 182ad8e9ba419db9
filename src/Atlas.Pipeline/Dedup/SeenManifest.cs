using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Dedup;

/// <summary>One stretch of one file as a checkpoint left it.</summary>
/// <param name="Name">The file, relative to the index's directory.</param>
/// <param name="Start">The stretch's first byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Hash">XXH128, 32 lower-case hexadecimal digits.</param>
internal sealed record SealedStretch(string Name, long Start, long Length, string Hash);

/// <summary>What a checkpoint consists of, so that a damaged file is noticed before it is believed.</summary>
/// <param name="Token">The checkpoint's name, 32 hexadecimal digits.</param>
/// <param name="IndexToken">The name under which its hash table was written: before the rest, or with an earlier checkpoint.</param>
/// <param name="IndexCount">Keys known when the hash table was written; the others are in the log behind it.</param>
/// <param name="IndexTail">Where the log ended when the hash table was begun, or before: what filter and table may lack stands behind it.</param>
/// <param name="Shape">See <see cref="FasterShape.NameOf"/>.</param>
/// <param name="Count">Keys known.</param>
/// <param name="Stretches">Every byte that recovery reads.</param>
internal sealed record SeenManifest(string Token, string IndexToken, long IndexCount, long IndexTail, string Shape, long Count, IReadOnlyList<SealedStretch> Stretches)
{
    /// <summary>The log's first byte that is not in it.</summary>
    public long LogEnd => Stretches.Where(stretch => SeenFiles.IsLog(stretch.Name)).Sum(stretch => stretch.Length);

    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Token}|{Shape}|{Count}|{IndexToken}|{IndexCount}|{IndexTail}\n");
        foreach (var stretch in Stretches)
            text.Append(CultureInfo.InvariantCulture, $"{stretch.Name}|{stretch.Start}|{stretch.Length}|{stretch.Hash}\n");
        return text.ToString();
    }

    /// <exception cref="FormatException">It is no manifest.</exception>
    public static SeenManifest Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var head = lines.Length > 0 ? lines[0].Split('|') : [];
        if (head.Length != 6)
            throw new FormatException("The manifest of the dedup index has no head.");

        var stretches = new List<SealedStretch>();
        foreach (var line in lines.AsSpan(1))
        {
            var parts = line.Split('|');
            if (parts.Length != 4)
                throw new FormatException("The manifest of the dedup index has a broken line.");
            stretches.Add(new SealedStretch(parts[0], NumberIn(parts[1]), NumberIn(parts[2]), parts[3]));
        }

        return new SeenManifest(head[0], head[3], NumberIn(head[4]), NumberIn(head[5]), head[1], NumberIn(head[2]), stretches);
    }

    private static long NumberIn(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
