namespace Atlas.Pipeline.Export;

/// <summary>An export to a file, or to files of a directory with a number in their names. Each has <c>.open</c> behind its name until it is whole and on the disk.</summary>
/// <param name="directory">Is made if it is not there.</param>
/// <param name="nameOf">From the number of a file, from 0, to its name.</param>
/// <param name="takesMany">Whether there may be more than one.</param>
internal sealed class FileTarget(string directory, Func<int, string> nameOf, bool takesMany) : IExportTarget
{
    private const int BufferBytes = 256 * 1024;

    private FileStream? _file;

    public bool TakesMany => takesMany;

    public string? Name { get; private set; }

    /// <summary>Files that are whole.</summary>
    public int Files { get; private set; }

    public Stream Begin()
    {
        Complete();
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            DirectorySync.Sync(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)))!);
        }

        Name = nameOf(Files);
        _file = new FileStream(Path.Combine(directory, Name) + ".open", FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
        return _file;
    }

    public void Complete()
    {
        if (_file is not { } file)
            return;
        file.Flush(flushToDisk: true);
        file.Dispose();
        _file = null;
        File.Move(file.Name, Path.Combine(directory, Name!), overwrite: true);
        DirectorySync.Sync(directory);
        Files++;
    }

    public void Dispose() => _file?.Dispose();
}
