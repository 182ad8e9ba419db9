using System.Text;

namespace Atlas.Pipeline.Host;

/// <summary>Standard error that nobody has to read: a full disk under a log, or a terminal that is gone, must not end a run that is doing well.</summary>
internal sealed class StandardError(Stream inner) : Stream
{
    private const int Descriptor = 2;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

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

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
