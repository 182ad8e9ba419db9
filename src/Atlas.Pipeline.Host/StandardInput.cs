using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Host;

/// <summary>The program's standard input, with its size where it has one.</summary>
internal static class StandardInput
{
    private const int Descriptor = 0;

    /// <summary>A file behind <c>&lt;</c> as a file, so that progress knows how much of it is left; anything else as the stream it is.</summary>
    public static Stream Open()
    {
        if (Descriptors.WasClosed(Descriptor))
            return new Closed();
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

    /// <summary>A pipeline that reads files never asks it, so it is reading that fails.</summary>
    private sealed class Closed : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("Standard input is closed; for no input give /dev/null.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
