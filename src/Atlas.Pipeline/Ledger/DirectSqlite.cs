using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Ledger;

/// <summary>The SQLite calls that every row makes, from the same library that SQLitePCLRaw loads, without its wrapping: that copies what is bound and counts references at every call.</summary>
/// <remarks>Calls that only move a few words run without the switch that lets the collector go on meanwhile. A step may write, lock and wait, so it has the switch.</remarks>
internal static unsafe partial class DirectSqlite
{
    /// <summary>The destructor that means: the memory outlives the binding, nothing is copied.</summary>
    public const nint Static = 0;

    private const string Library = "e_sqlite3";

    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    public static partial int BindInt64(nint statement, int index, long value);

    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    public static partial int BindText(nint statement, int index, byte* utf8, int bytes, nint destructor);

    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    public static partial int BindBlob(nint statement, int index, byte* value, int bytes, nint destructor);

    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "sqlite3_clear_bindings")]
    public static partial int ClearBindings(nint statement);

    /// <summary>Only for a statement that was stepped to its end: ending one half-way may wait for the disk.</summary>
    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    public static partial int ResetEnded(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    /// <summary>errno of the last file that this connection could not open, read, write or sync.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_system_errno")]
    public static partial int SystemError(nint connection);

    /// <summary>Syncs the file of a connection's database, whatever SQLite itself still means to do with it.</summary>
    public static int SyncFile(nint connection)
    {
        const int FilePointer = 7, SyncNormal = 2;

        // sqlite3_file begins with its sqlite3_io_methods: the version, then xClose, xRead, xWrite, xTruncate, xSync.
        const int Sync = 5;
        nint** file;
        fixed (byte* main = "main"u8)
        {
            var result = FileControl(connection, main, FilePointer, &file);
            return result != 0 ? result : ((delegate* unmanaged<nint**, int, int>)file[0][Sync])(file, SyncNormal);
        }
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_file_control")]
    private static partial int FileControl(nint connection, byte* database, int operation, void* argument);
}
