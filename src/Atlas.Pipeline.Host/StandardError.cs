using System.Text;

namespace Atlas.Pipeline.Host;

/// <summary>Standard error that nobody has to read: a full disk under a log, or a terminal that is gone, must not end a run that is doing well.</summary>
internal sealed class StandardError(Stream inner) : WriteOnlyStream
{
    private const int Descriptor = 2;

    /// <summary>A writer that never fails. Without a standard error it writes nowhere.</summary>
    public static TextWriter Open() => Descriptors.WasClosed(Descriptor)
        ? TextWriter.Null
        : new StreamWriter(new StandardError(Console.OpenStandardError()), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 256) { AutoFlush = true };

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // There is nowhere left to say so.
        }
    }
}
