using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Host;

/// <summary>The program's standard input, with its size where it has one.</summary>
internal static partial class StandardInput
{
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    /// <summary>A file behind <c>&lt;</c> as a file, so that progress knows how much of it is left; anything else as the stream it is.</summary>
    public static Stream Open()
    {
        if (IsClosed())
        {
            Console.Error.WriteLine("Standard input is closed (<&-) and counts as empty.");
            return Stream.Null;
        }

        if (!OperatingSystem.IsWindows() && Console.IsInputRedirected)
        {
            try
            {
                var file = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
                if (file.CanSeek)
                    return file;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // A directory, or closed: reading will say so.
            }
        }

        return Console.OpenStandardInput();
    }

    // Where nobody gave the process a descriptor 0, the runtime's own first one gets that number: a pipe of its signal handling, whose reader would wait for ever and
    // swallow signals. It is close-on-exec like all of the runtime's, which no descriptor that came through an exec can be.
    private static bool IsClosed() =>
        !OperatingSystem.IsWindows() && Control(0, GetDescriptorFlags) is var flags && (flags < 0 || (flags & CloseOnExec) != 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}
