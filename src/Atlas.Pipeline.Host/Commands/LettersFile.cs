using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>Dead letters in a file of exact JSON lines.</summary>
internal static class LettersFile
{
    /// <summary>Why nothing may be written there; null if it may. A directory is not made, as it may be a mistyped one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isForced">Whether a file that is there is replaced; null where there is no choice.</param>
    public static string? InTheWay(string path, bool? isForced) =>
        Directory.Exists(path) ? $"{path} is a directory; name a file in it."
        : File.Exists(path) && isForced != true ? $"{path} is there already. Give another place{(isForced is null ? "" : ", or --force to replace it")}."
        : MissingFolderOf(path) is { } missing ? $"There is no directory {missing}; make it first."
        : null;

    /// <summary>The directory that a file would be in and that is not there; null if it is.</summary>
    public static string? MissingFolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder) ? folder : null;

    public static FileTarget TargetAt(string path)
    {
        var full = Path.GetFullPath(path);
        return new FileTarget(Path.GetDirectoryName(full)!, _ => Path.GetFileName(full), takesMany: false);
    }

    /// <summary>Writes the letters at some places, and ends the file: it is on the disk then.</summary>
    /// <returns>How many there were; what has gone meanwhile is left out.</returns>
    public static long Write(IExportTarget target, IReadOnlyList<LetterPlace> places, DlqDesk desk)
    {
        desk.Steps.Begin("writing dead letters", places.Count);
        long written = 0;
        using (var json = new LetterJson(target.Begin(), desk.Canonical, isExact: true))
        {
            foreach (var letter in desk.Book.Read(places))
            {
                json.Write(letter);
                desk.Steps.Advance(1);
                written++;
            }
        }

        target.Complete();
        desk.Steps.End();
        return written;
    }
}
