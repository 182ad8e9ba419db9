using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Host;

/// <summary>Standard output that fails when its reader has left. The console's own stream throws what nobody reads away without a word, and a filter behind <c>yes | atlas … | head</c> would never end.</summary>
/// <remarks>Not a FileStream on the descriptor: that writes at offsets of its own, and whoever shares a redirected output would write over it.</remarks>
internal sealed partial class StandardOutput : WriteOnlyStream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int BrokenPipe = 32;

    private readonly bool _isClosed = Descriptors.WasClosed(Descriptor);

    private StandardOutput()
    {
    }

    /// <summary>A stream without a buffer. Closing it leaves the descriptor open.</summary>
    public static Stream Open() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new StandardOutput();

    /// <exception cref="ReaderGoneException">The reader has left.</exception>
    /// <exception cref="IOException">The disk is full, or there was no standard output.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_isClosed)
            throw new IOException("Standard output is closed.");
        while (!buffer.IsEmpty)
        {
            var written = WriteTo(Descriptor, buffer, (nuint)buffer.Length);
            if (written > 0)
                buffer = buffer[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error && error == WouldBlock)
                Thread.Yield();
            else if (error == BrokenPipe)
                throw new ReaderGoneException();
            else if (error != Interrupted)
                throw new IOException($"Standard output: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> bytes, nuint count);
}
