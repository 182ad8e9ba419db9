using System.Runtime.InteropServices;

namespace Atlas.Faults;

/// <summary>Hears of every statement of every connection of this process: before its first step, and when it has come to its end.</summary>
internal static unsafe partial class SqlTrace
{
    private const uint Begins = 1;
    private const uint Ends = 2;

    private static Action<string>? s_begins;
    private static Action<string>? s_ends;

    /// <summary>Once, before the first connection. The actions are called on the thread that runs the statement.</summary>
    public static void Start(Action<string> begins, Action<string> ends)
    {
        (s_begins, s_ends) = (begins, ends);
        SQLitePCL.Batteries_V2.Init();
        _ = AtEveryOpen(&Opened);
    }

    [UnmanagedCallersOnly]
    private static int Opened(nint connection, byte** message, void* api) => Trace(connection, Begins | Ends, &Heard, null);

    [UnmanagedCallersOnly]
    private static int Heard(uint what, void* context, nint statement, nint more)
    {
        if (what == Begins)
            s_begins?.Invoke(Marshal.PtrToStringUTF8(more) ?? "");
        else
            s_ends?.Invoke(Marshal.PtrToStringUTF8(TextOf(statement)) ?? "");
        return 0;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_auto_extension")]
    private static partial int AtEveryOpen(delegate* unmanaged<nint, byte**, void*, int> entry);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_trace_v2")]
    private static partial int Trace(nint connection, uint what, delegate* unmanaged<uint, void*, nint, nint, int> heard, void* context);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_sql")]
    private static partial nint TextOf(nint statement);
}
