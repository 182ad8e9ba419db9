using System.Collections.Concurrent;
using Atlas.Faults;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>Remembers of each file what it held when it was last synced: what a power failure leaves for sure.</summary>
internal sealed class SyncedFiles : IFileWatch
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public Ending Before(in FileCall call) => Ending.Done;

    public void After(in FileCall call)
    {
        // SQLite syncs the directory with it.
        if (call.Operation == FileOperation.Delete)
            _files.TryRemove(call.Path, out _);
        if (call.Operation != FileOperation.Sync)
            return;

        // SQLite has the file open and, where it is the database, locked.
        using var file = new FileStream(call.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        _files[call.Path] = bytes;
    }

    /// <summary>The power fails now: what is left, in a folder.</summary>
    public void LeaveIn(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (path, bytes) in _files)
            File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(path)), bytes);
    }
}
