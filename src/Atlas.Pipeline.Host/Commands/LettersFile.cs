using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>Dead letters in a file of exact JSON lines.</summary>
internal static class LettersFile
{
    /// <summary>Why nothing may be written there; null if it may.</summary>
    public static string? InTheWay(string path, bool replaces) =>
        Directory.Exists(path) ? $"{path} is a directory; name a file in it."
        : File.Exists(path) && !replaces ? $"{path} is there already. Give another place, or --force to replace it."
        : null;

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
