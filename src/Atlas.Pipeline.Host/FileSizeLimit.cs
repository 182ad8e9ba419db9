using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Host;

/// <summary>A limit on file sizes (<c>ulimit -f</c>, a unit's LimitFSIZE) makes a write fail like a full disk, instead of killing the process without a word.</summary>
internal static class FileSizeLimit
{
    /// <summary>SIGXFSZ on Linux and macOS; the runtime has no name for it.</summary>
    private const int Signal = 25;

    /// <summary>Until it is disposed, a write past the limit gets an error, which is reported as any other.</summary>
    public static IDisposable? Report() =>
        OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create((PosixSignal)Signal, static context => context.Cancel = true);
}
