using System.Buffers.Text;
using System.Diagnostics;

namespace Atlas.Pipeline.LoadTests;

/// <summary>The lines of <see cref="UrlLists.WriteNewAsync"/> without a file, as fast as memory, with a note of time and memory after every part.</summary>
/// <param name="lines">How many.</param>
/// <param name="parts">Stretches of equal length.</param>
/// <param name="first">The number of the first line; others than those of a run before it are new to its state.</param>
internal sealed class GeneratedStream(long lines, int parts, long first = 0) : Stream
{
    private const int LongestLine = 128;

    private readonly List<Mark> _marks = [];
    private long _next;
    private long _lastRead;
    private TimeSpan _longestWait;

    /// <summary>The first is the first read's, then one for each part.</summary>
    public IReadOnlyList<Mark> Marks => _marks;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_lastRead != 0 && Stopwatch.GetElapsedTime(_lastRead) is var wait && wait > _longestWait)
            _longestWait = wait;
        while (_marks.Count <= parts && _next >= _marks.Count * (lines / parts))
        {
            _marks.Add(new Mark(Stopwatch.GetTimestamp(), Environment.WorkingSet, _longestWait));
            _longestWait = default;
        }

        var written = 0;
        for (; _next < lines && buffer.Length - written >= LongestLine; _next++)
            written += Write(first + _next, buffer[written..]);
        _lastRead = Stopwatch.GetTimestamp();
        return written;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static int Write(long number, Span<byte> line)
    {
        var length = 0;
        Put("https://www.host"u8, line, ref length);
        Put(number % 5000, line, ref length);
        Put(".example/section/"u8, line, ref length);
        Put(number % 97, line, ref length);
        Put("/article-"u8, line, ref length);
        Put(number, line, ref length);
        Put("?id="u8, line, ref length);
        Put(number, line, ref length);
        Put("&view=full&lang=en\n"u8, line, ref length);
        return length;
    }

    private static void Put(ReadOnlySpan<byte> text, Span<byte> line, ref int length)
    {
        text.CopyTo(line[length..]);
        length += text.Length;
    }

    private static void Put(long number, Span<byte> line, ref int length)
    {
        Utf8Formatter.TryFormat(number, line[length..], out var digits);
        length += digits;
    }

    /// <summary>How it stood when a part ended.</summary>
    /// <param name="Timestamp">When.</param>
    /// <param name="ResidentBytes">Memory of the process.</param>
    /// <param name="LongestWait">The longest that the pipeline took no input in the part.</param>
    internal readonly record struct Mark(long Timestamp, long ResidentBytes, TimeSpan LongestWait);
}
