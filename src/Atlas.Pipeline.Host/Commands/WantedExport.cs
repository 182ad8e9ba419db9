using System.Globalization;
using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>What an export is asked to write, and where to.</summary>
internal sealed record WantedExport
{
    /// <summary>jsonl, csv or warc.</summary>
    public required string Format { get; init; }

    /// <summary>Null is stdout.</summary>
    public string? Out { get; init; }

    /// <summary>Whether what an earlier export has left there may go.</summary>
    public bool Replaces { get; init; }

    public bool WithBodies { get; init; }

    /// <summary>Also what documents were before they changed.</summary>
    public bool WithVersions { get; init; }

    public bool Compresses { get; init; }

    /// <summary>A file of so many bytes takes no further document.</summary>
    public long MaxFileBytes { get; init; }

    /// <summary>What names of files begin with.</summary>
    public string? Prefix { get; init; }

    public required DocumentFilter Filter { get; init; }

    private bool IsDirectory => Format == "warc" && Out is { } path && !(path.EndsWith(".warc", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".warc.gz", StringComparison.OrdinalIgnoreCase));

    private string Suffix => Compresses ? ".warc.gz" : ".warc";

    public IExportTarget TargetOver(Stream stdout)
    {
        if (Out is not { } path)
            return new StreamTarget(stdout);
        if (IsDirectory)
            return new FileTarget(path, NameOf, takesMany: true);
        var full = Path.GetFullPath(path);
        return new FileTarget(Path.GetDirectoryName(full)!, _ => Path.GetFileName(full), takesMany: false);
    }

    /// <summary>Why the export may not go where it would; null if it may.</summary>
    public string? InTheWay()
    {
        if (Out is not { } path)
            return null;
        if (IsDirectory && File.Exists(path))
            return $"{path} is a file; name a directory.";
        if (!IsDirectory && Directory.Exists(path))
            return $"{path} is a directory; name a file in it.";
        if (!IsDirectory && LettersFile.MissingFolderOf(path) is { } missing)
            return $"There is no directory {missing}; make it first.";
        var earlier = IsDirectory ? Earlier().FirstOrDefault() : File.Exists(path) ? path : null;
        return earlier is null || Replaces ? null : $"{earlier} is there already. Give another place, or --force to replace it.";
    }

    /// <summary>Files that an earlier export has left in the directory and that this one did not replace.</summary>
    public void DeleteOutdated(IExportTarget target)
    {
        if (!IsDirectory || target is not FileTarget { Files: var files })
            return;
        var whole = Enumerable.Range(0, files).Select(NameOf).ToHashSet(StringComparer.Ordinal);
        foreach (var outdated in Earlier().Where(file => !whole.Contains(Path.GetFileName(file))))
            File.Delete(outdated);
    }

    private string NameOf(int serial) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{serial:00000}{Suffix}");

    /// <summary>Files with such names, whatever their number and with or without compression.</summary>
    private IEnumerable<string> Earlier() => !Directory.Exists(Out) ? [] : Directory.EnumerateFiles(Out)
        .Where(file => Path.GetFileName(file) is var name && name.StartsWith(Prefix + "-", StringComparison.Ordinal) && IsNumbered(name.AsSpan(Prefix!.Length + 1)))
        .Order(StringComparer.Ordinal);

    private static bool IsNumbered(ReadOnlySpan<char> rest) =>
        rest.IndexOf('.') is var dot and >= 5 && !rest[..dot].ContainsAnyExceptInRange('0', '9') && rest[dot..] is ".warc" or ".warc.gz";
}
