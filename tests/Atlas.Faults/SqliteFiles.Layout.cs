using System.Runtime.InteropServices;

namespace Atlas.Faults;

/// <content>SQLite's structures, as sqlite3.h lays them out.</content>
internal static unsafe partial class SqliteFiles
{
    /// <summary>sqlite3_vfs, version 3.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vfs
    {
        public int Version;
        public int FileBytes;
        public int LongestPath;
        public Vfs* Next;
        public byte* Name;
        public void* AppData;
        public delegate* unmanaged<Vfs*, byte*, WatchedFile*, int, int*, int> Open;
        public delegate* unmanaged<Vfs*, byte*, int, int> Delete;
        public delegate* unmanaged<Vfs*, byte*, int, int*, int> Access;
        public void* FullPathname;
        public void* DlOpen;
        public void* DlError;
        public void* DlSym;
        public void* DlClose;
        public void* Randomness;
        public void* Sleep;
        public void* CurrentTime;
        public void* GetLastError;
        public void* CurrentTimeInt64;
        public void* SetSystemCall;
        public void* GetSystemCall;
        public void* NextSystemCall;
    }

    /// <summary>sqlite3_io_methods, version 2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Methods
    {
        public int Version;
        public delegate* unmanaged<WatchedFile*, int> Close;
        public delegate* unmanaged<WatchedFile*, void*, int, long, int> Read;
        public delegate* unmanaged<WatchedFile*, void*, int, long, int> Write;
        public delegate* unmanaged<WatchedFile*, long, int> Truncate;
        public delegate* unmanaged<WatchedFile*, int, int> Sync;
        public delegate* unmanaged<WatchedFile*, long*, int> FileSize;
        public delegate* unmanaged<WatchedFile*, int, int> Lock;
        public delegate* unmanaged<WatchedFile*, int, int> Unlock;
        public delegate* unmanaged<WatchedFile*, int*, int> CheckReservedLock;
        public delegate* unmanaged<WatchedFile*, int, void*, int> FileControl;
        public delegate* unmanaged<WatchedFile*, int> SectorSize;
        public delegate* unmanaged<WatchedFile*, int> DeviceCharacteristics;
        public delegate* unmanaged<WatchedFile*, int, int, int, void**, int> ShmMap;
        public delegate* unmanaged<WatchedFile*, int, int, int, int> ShmLock;
        public delegate* unmanaged<WatchedFile*, void> ShmBarrier;
        public delegate* unmanaged<WatchedFile*, int, int> ShmUnmap;
    }

    /// <summary>Our sqlite3_file; the default VFS's own stands right behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct WatchedFile
    {
        public Methods* Methods;

        /// <summary>A handle to an <see cref="Opened"/>; 0 for a file that nobody watches.</summary>
        public nint Opened;
    }
}
