using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline;

/// <summary>The machine's own file system.</summary>
internal sealed class Disk : IDisk
{
    /// <summary>Bytes that are synced together when a file is replaced: some 10 ms of a disk.</summary>
    private const int PartBytes = 4 << 20;

    /// <summary>The dedup index is written by one handle and sealed by another.</summary>
    private const FileShare Sharing = FileShare.ReadWrite | FileShare.Delete;

    public IDiskFile Open(string path, long preallocate = 0)
    {
        // Space can be reserved for a new file only, and only where the mode says that it is one.
        if (preallocate > 0 && !File.Exists(path))
        {
            try
            {
                return new OpenFile(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, Sharing, FileOptions.None, preallocate), isReserved: true);
            }
            catch (IOException)
            {
                // No room for the whole of it, or somebody has made it meanwhile: neither says that what will be written does not fit.
            }
        }

        return new OpenFile(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Sharing), isReserved: false);
    }

    public IDiskFile OpenRead(string path) => new OpenFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, Sharing), isReserved: false);

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
            // Part by part: what is synced as one stands in the disk's queue before every commit of the ledger.
            var offset = 0;
            do
            {
                var part = content[offset..Math.Min(content.Length, offset + PartBytes)];
                RandomAccess.Write(handle, part, offset);
                RandomAccess.FlushToDisk(handle);
                offset += PartBytes;
            }
            while (offset < content.Length);
        }

        File.Move(fresh, path, overwrite: true);
    }

    public void Rename(string path, string name) => File.Move(path, name, overwrite: true);

    public void SyncDirectory(string directory) => DirectorySync.Sync(directory);

    public long FreeBytes(string path) => new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace;

    public long TotalBytes(string path) => new DriveInfo(Path.GetFullPath(path)).TotalSize;

    private sealed class OpenFile(SafeFileHandle handle, bool isReserved) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

        public int Read(Span<byte> bytes, long offset) => RandomAccess.Read(handle, bytes, offset);

        public void Sync() => RandomAccess.FlushToDisk(handle);

        public void Dispose()
        {
            if (isReserved && !handle.IsClosed)
                GiveBackRest();
            handle.Dispose();
        }

        /// <summary>What was reserved lies behind the end of the file; setting the length to what it is lets it go.</summary>
        private void GiveBackRest()
        {
            try
            {
                RandomAccess.SetLength(handle, RandomAccess.GetLength(handle));
            }
            catch (IOException)
            {
                // Then it stays reserved. What was written is not touched by it.
            }
        }
    }
}
