namespace Atlas.Pipeline;

/// <summary>The machine's own file system.</summary>
internal sealed class Disk : IDisk
{
    public IDiskFile Open(string path, long preallocate = 0)
    {
        // Space can be reserved for a new file only, and only where the mode says that it is one.
        var isReserved = preallocate > 0 && !File.Exists(path);
        var handle = File.OpenHandle(path, isReserved ? FileMode.CreateNew : FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete,
            FileOptions.None, isReserved ? preallocate : 0);
        return new OpenFile(handle);
    }

    public bool Exists(string path) => File.Exists(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory, string pattern) =>
        Directory.Exists(directory) ? Directory.GetFiles(directory, pattern) : [];

    public void Delete(string path) => File.Delete(path);

    public byte[] ReadAll(string path) => File.ReadAllBytes(path);

    public void Replace(string path, ReadOnlySpan<byte> content)
    {
        var fresh = path + ".new";
        using (var handle = File.OpenHandle(fresh, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(handle, content, 0);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(fresh, path, overwrite: true);
    }

    public long FreeBytes(string path) => new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace;

    private sealed class OpenFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

        public int Read(Span<byte> bytes, long offset) => RandomAccess.Read(handle, bytes, offset);

        public void Sync() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
