using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Sources;

/// <summary>Settings of the <c>file_tail</c> source.</summary>
internal sealed record FileTailOptions
{
    /// <summary>Files and globs.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Whether files that are there at the start, and were never read, are read from their end.</summary>
    public bool StartsAtEnd { get; init; }

    /// <summary>Whether to wait for more at the end of the files.</summary>
    public bool Follow { get; init; } = true;

    /// <summary>Time between two looks at the files.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    internal static FileTailOptions Read(SettingsReader yaml)
    {
        var options = new FileTailOptions
        {
            Paths = yaml.Strings("paths", "Files to read, as paths or globs: * and ? match within a name, ** any number of directories. A file that matches later is read from its beginning."),
            StartsAtEnd = yaml.Choice("start", "Where to begin in files that are there at the start and were never read before.", ["beginning", "end"], or: "beginning") == "end",
            Follow = yaml.Boolean("follow", "Whether to wait for more lines and files; false ends the source at the end of the files.", or: true),
            Poll = yaml.Milliseconds("poll_ms", "Milliseconds between two looks at the files; a new line waits that long at most.", min: 10, max: 3_600_000, or: 250),
        };
        if (yaml.Has("paths") && options.Paths.Count == 0)
            yaml.Report("paths", "must name at least one file or glob.");
        foreach (var path in options.Paths.Where(Directory.Exists))
            yaml.Report("paths", $"{path} is a directory; name the files in it, as {path.TrimEnd('/')}/*.");
        return options;
    }
}
