using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Host;

/// <summary>The program's standard input, with its size where it has one.</summary>
internal static class StandardInput
{
    /// <summary>A file behind <c>&lt;</c> as a file, so that progress knows how much of it is left; anything else as the stream it is.</summary>
    public static Stream Open()
    {
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
}
