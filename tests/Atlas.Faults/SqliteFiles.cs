using System.Runtime.InteropServices;

namespace Atlas.Faults;

/// <summary>Stands between SQLite and the machine's files: a VFS of its own, around the default one and in its place, that asks a watch before and after every operation.</summary>
/// <remarks>Registered once for the whole process; files in directories that nobody watches pass through. Each open file holds its watch, so a watch that has ended still hears of files that are open.</remarks>
internal static unsafe partial class SqliteFiles
{
    private const int CannotOpen = 14;
    private const int Full = 13;
    private const int IoError = 10;

    private static readonly Lock Gate = new();
    private static readonly List<(string Directory, IFileWatch Watch)> Watches = [];
    private static Vfs* s_base;
    private static Methods* s_methods;

    /// <summary>Watches the files that are opened from now on in a directory, until it is disposed.</summary>
    public static IDisposable Watch(string directory, IFileWatch watch)
    {
        var entry = (Path.GetFullPath(directory) + Path.DirectorySeparatorChar, watch);
        lock (Gate)
        {
            if (s_base is null)
                Register();
            Watches.Add(entry);
        }

        return new Entry(entry);
    }

    private static void Register()
    {
        SQLitePCL.Batteries_V2.Init();
        s_base = Find(null);
        s_methods = (Methods*)NativeMemory.AllocZeroed((nuint)sizeof(Methods));
        *s_methods = new Methods
        {
            // Without the two calls that map the database, which nobody has asked for.
            Version = 2,
            Close = &Close,
            Read = &Read,
            Write = &Write,
            Truncate = &Truncate,
            Sync = &Sync,
            FileSize = &FileSize,
            Lock = &Lock,
            Unlock = &Unlock,
            CheckReservedLock = &CheckReservedLock,
            FileControl = &FileControl,
            SectorSize = &SectorSize,
            DeviceCharacteristics = &DeviceCharacteristics,
            ShmMap = &ShmMap,
            ShmLock = &ShmLock,
            ShmBarrier = &ShmBarrier,
            ShmUnmap = &ShmUnmap,
        };
        var vfs = (Vfs*)NativeMemory.AllocZeroed((nuint)sizeof(Vfs));
        *vfs = *s_base;
        vfs->Next = null;
        vfs->Name = (byte*)Marshal.StringToCoTaskMemUTF8("atlas-faults");
        vfs->FileBytes = s_base->FileBytes + sizeof(WatchedFile);
        vfs->Open = &Open;
        vfs->Delete = &Delete;
        vfs->Access = &Access;
        if (RegisterVfs(vfs, makeDefault: 1) != 0)
            throw new InvalidOperationException("SQLite did not take the VFS.");
    }

    private static IFileWatch? WatchOf(string? path)
    {
        lock (Gate)
            return path is null ? null : Watches.Find(entry => path.StartsWith(entry.Directory, StringComparison.Ordinal)).Watch;
    }

    /// <summary>The error that SQLite's own VFS would give.</summary>
    private static int CodeOf(Ending ending, FileOperation operation)
    {
        if (ending is Ending.IsFull or Ending.IsShort)
            return Full;
        return operation switch
        {
            FileOperation.Open => CannotOpen,
            FileOperation.Read => IoError | (1 << 8),
            FileOperation.Write => IoError | (3 << 8),
            FileOperation.Sync => IoError | (4 << 8),
            FileOperation.Truncate => IoError | (6 << 8),
            FileOperation.Length => IoError | (7 << 8),
            FileOperation.Delete => IoError | (10 << 8),
            FileOperation.Exists => IoError | (13 << 8),
            FileOperation.Lock => IoError | (15 << 8),
            _ => IoError | (20 << 8),
        };
    }

    private static bool MayGoOn(IFileWatch? watch, in FileCall call, out int code)
    {
        code = 0;
        if (watch is null || watch.Before(call) is var ending && ending == Ending.Done)
            return true;
        code = CodeOf(ending, call.Operation);
        return false;
    }

    private sealed class Entry((string, IFileWatch) entry) : IDisposable
    {
        public void Dispose()
        {
            lock (Gate)
                Watches.Remove(entry);
        }
    }

    /// <summary>What is kept about an open file.</summary>
    private sealed record Opened(string Path, IFileWatch Watch);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    private static partial Vfs* Find(byte* name);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_register")]
    private static partial int RegisterVfs(Vfs* vfs, int makeDefault);
}
