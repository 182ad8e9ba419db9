using System.Runtime.InteropServices;

namespace Atlas.Pipeline;

/// <summary>Makes the names in a directory durable, which .NET has no call for: fsync(2) of the directory.</summary>
/// <remarks>Windows journals names by itself and has nothing to call.</remarks>
internal static partial class DirectorySync
{
    // Of open(2): to read, which is 0 everywhere.
    private const int ReadOnly = 0;

    // What a file system answers that cannot sync a directory: EINVAL of fsync(2). It keeps names in another way, or not at all.
    private const int Invalid = 22;

    // ENOENT of open(2).
    private const int NotFound = 2;

    /// <exception cref="IOException">The directory cannot be opened or synced.</exception>
    public static void Sync(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0)
            throw Refused(directory);
        try
        {
            if (FSync(descriptor) != 0 && Marshal.GetLastPInvokeError() != Invalid)
                throw Refused(directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Refused(string directory)
    {
        var message = $"{Marshal.GetLastPInvokeErrorMessage()} : '{directory}'";
        return Marshal.GetLastPInvokeError() == NotFound ? new DirectoryNotFoundException(message) : new IOException(message);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
