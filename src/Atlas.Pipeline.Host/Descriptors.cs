using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Host;

/// <summary>Whether a standard stream was there when the program was started.</summary>
internal static partial class Descriptors
{
    private const int GetFlags = 1;
    private const int CloseOnExec = 1;

    /// <summary>True if it was closed, as by <c>&lt;&amp;-</c>. By now a pipe or file of the runtime's own has its number, and must neither be read nor written.</summary>
    /// <remarks>What is handed down through exec cannot be marked to be closed by it, and all that the runtime opens is.</remarks>
    public static bool WasClosed(int descriptor) =>
        !OperatingSystem.IsWindows() && FlagsOf(descriptor, GetFlags) is var flags && (flags < 0 || (flags & CloseOnExec) != 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FlagsOf(int descriptor, int command);
}
