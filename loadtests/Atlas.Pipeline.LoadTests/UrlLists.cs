using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.LoadTests;

/// <summary>Lists of 81-byte lines with three parameters on disk, the same at every run.</summary>
internal static class UrlLists
{
    private const int Seed = 20261124;

    /// <summary>Every line another URL.</summary>
    public static Task WriteNewAsync(string path, int lines) => WriteAsync(path, lines, Url);

    /// <summary>The same URLs as <see cref="WriteNewAsync"/> writes, far from their neighbours.</summary>
    public static Task WriteShuffledAsync(string path, int lines)
    {
        // Prime, and no factor of any round number of lines.
        const long Stride = 7_368_787;
        return WriteAsync(path, lines, i => Url((int)(i * Stride % lines)));
    }

    /// <summary>Every third line one that came before, however long ago.</summary>
    public static Task WriteMixedAsync(string path, int lines)
    {
        var random = new Random(Seed);
        return WriteAsync(path, lines, i => Url(i % 3 == 2 ? random.Next(i) : i));
    }

    /// <summary>Distinct URLs, each about as often as the others, in any order.</summary>
    public static Task WriteRepeatedAsync(string path, int lines, int distinct)
    {
        var random = new Random(Seed);
        return WriteAsync(path, lines, _ => Url(random.Next(distinct)));
    }

    /// <summary>37 lines of 100 are files, half of these one that came before; the others are new URLs.</summary>
    /// <returns>How many are URLs.</returns>
    public static async Task<int> WritePollutedAsync(string path, int lines)
    {
        var random = new Random(Seed);
        var (urls, files) = (0, 0);
        await WriteAsync(path, lines, i =>
        {
            if (i * 37L % 100 >= 37)
                return Url(urls++);
            var file = files > 0 && (i & 1) == 0 ? random.Next(files) : files++;
            return string.Create(CultureInfo.InvariantCulture, $"file:///home/user{file % 5000}/documents/folder-{file % 97}/report-{file}-final-version.pdf\n");
        });
        return urls;
    }

    /// <summary>One line, with its end.</summary>
    public static string Url(int i) =>
        string.Create(CultureInfo.InvariantCulture, $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?id={i}&view=full&lang=en\n");

    private static async Task WriteAsync(string path, int lines, Func<int, string> line)
    {
        await using var file = new StreamWriter(path, append: false, Encoding.ASCII, 1 << 16);
        for (var i = 0; i < lines; i++)
            file.Write(line(i));
    }
}
