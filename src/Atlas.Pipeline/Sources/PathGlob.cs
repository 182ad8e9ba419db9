using System.IO.Enumeration;

namespace Atlas.Pipeline.Sources;

/// <summary>Finds the files that a path or glob names: <c>*</c> and <c>?</c> within a name, <c>**</c> for any number of directories.</summary>
/// <remarks>Names that begin with a dot match only a pattern that does, and <c>**</c> does not go through links: both as shells do it.</remarks>
internal static class PathGlob
{
    private static readonly EnumerationOptions Plain = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };

    public static bool HasWildcards(string path) => path.AsSpan().ContainsAny('*', '?');

    /// <summary>The files there are now, in ordinal order; what may not be looked at is left out.</summary>
    public static IReadOnlyList<string> Find(string pattern)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var parts = pattern.Split('/');
        var first = Array.FindIndex(parts, HasWildcards);
        if (first < 0)
            return File.Exists(pattern) ? [pattern] : [];

        var root = string.Join('/', parts[..first]);
        var start = root.Length > 0 ? root : pattern.StartsWith('/') ? "/" : ".";
        Search(start, parts.AsSpan(first), found);
        return [.. found];
    }

    private static void Search(string directory, ReadOnlySpan<string> parts, SortedSet<string> found)
    {
        if (!Directory.Exists(directory))
            return;
        var part = parts[0];
        if (part == "**")
        {
            // Alone at the end it stands for every file below.
            Search(directory, parts.Length > 1 ? parts[1..] : ["*"], found);
            foreach (var inside in new DirectoryInfo(directory).EnumerateDirectories("*", Plain))
            {
                if (inside.LinkTarget is null && !inside.Name.StartsWith('.'))
                    Search(Path.Combine(directory, inside.Name), parts, found);
            }

            return;
        }

        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", Plain))
        {
            if (!Matches(part, entry.Name))
                continue;
            var path = Path.Combine(directory, entry.Name);
            if (parts.Length > 1)
                Search(path, parts[1..], found);
            else if (File.Exists(path))
                found.Add(path);
        }
    }

    private static bool Matches(string part, string name) =>
        FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false) && (part.StartsWith('.') || !name.StartsWith('.'));
}
