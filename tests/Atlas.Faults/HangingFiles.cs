using System.Globalization;

namespace Atlas.Faults;

/// <summary>A disk that does not answer any more from the n-th operation of a kind on a kind of file.</summary>
/// <param name="operation">Which.</param>
/// <param name="part">Of the file's name.</param>
/// <param name="count">From 1.</param>
/// <param name="hung">A file that is made when it has come to that; null for none.</param>
internal sealed class HangingFiles(FileOperation operation, string part, int count, string? hung) : IFileWatch
{
    private int _seen;

    /// <param name="text"><c>operation:part:count</c>.</param>
    /// <param name="hung">As above.</param>
    public static HangingFiles Parse(string text, string? hung)
    {
        var parts = text.Split(':');
        return new HangingFiles(Enum.Parse<FileOperation>(parts[0]), parts[1], int.Parse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture), hung);
    }

    public Ending Before(in FileCall call)
    {
        if (call.Operation != operation || !Path.GetFileName(call.Path).Contains(part, StringComparison.Ordinal) || Interlocked.Increment(ref _seen) < count)
            return Ending.Done;
        if (hung is not null)
            File.WriteAllText(hung, call.ToString());
        Thread.Sleep(Timeout.Infinite);
        return Ending.Done;
    }

    public void After(in FileCall call)
    {
    }
}
