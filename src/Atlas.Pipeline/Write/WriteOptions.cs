using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Write;

/// <summary>Settings of a write.</summary>
internal sealed record WriteOptions
{
    /// <summary>The word that stands for standard output.</summary>
    public const string Stdout = "stdout";

    /// <summary><c>stdout</c> or a path.</summary>
    public string To { get; init; } = Stdout;

    /// <summary>The same, however the path is written; null for what throws everything away.</summary>
    public string? Place => To switch
    {
        Stdout => Stdout,
        "/dev/null" => null,
        _ => Path.GetFullPath(To),
    };

    /// <summary>JSON lines instead of tab-separated ones.</summary>
    public bool IsJson { get; init; }

    /// <summary>Writes rows that are on their way.</summary>
    public bool TakesForward { get; init; } = true;

    /// <summary>Writes rows that were refused.</summary>
    public bool TakesRejected { get; init; }

    /// <summary>Writes rows that are known already.</summary>
    public bool TakesDuplicates { get; init; }

    internal static WriteOptions Read(SettingsReader yaml)
    {
        var to = yaml.String("to", "Where to write: stdout, or the path of a file, which is appended to.", or: Stdout);
        var format = yaml.Choice("format", "tsv writes 'input TAB canonical' a line, jsonl one JSON object a line.", ["tsv", "jsonl"], or: "tsv");
        var include = yaml.Choice("include", "Which lines to write: those on their way, the refused ones, or all, duplicates too.", ["forward", "rejected", "all"], or: "forward");
        if (to.Contains('\0', StringComparison.Ordinal))
        {
            yaml.Report("to", "no path has a NUL character in it.");
            to = Stdout;
        }

        return new WriteOptions
        {
            To = to,
            IsJson = format == "jsonl",
            TakesForward = include is "forward" or "all",
            TakesRejected = include is "rejected" or "all",
            TakesDuplicates = include == "all",
        };
    }
}
