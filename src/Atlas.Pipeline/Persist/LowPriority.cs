using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Persist;

/// <summary>Makes the calling thread yield to every other: it gets what nobody else wants, and next to nothing while all processors are busy.</summary>
/// <remarks>.NET sets a thread's priority on Windows only. Linux keeps the niceness of each thread by itself (setpriority(2), "C library/kernel differences"). Elsewhere the thread stays as it is.</remarks>
internal static partial class LowPriority
{
    private const int OfProcess = 0;
    private const int ThisThread = 0;
    private const int Nicest = 19;

    public static void Take()
    {
        Thread.CurrentThread.Priority = ThreadPriority.Lowest;
        if (OperatingSystem.IsLinux())
            _ = SetPriority(OfProcess, ThisThread, Nicest);
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int niceness);
}
