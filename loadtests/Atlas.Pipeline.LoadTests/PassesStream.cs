using System.Diagnostics;

namespace Atlas.Pipeline.LoadTests;

/// <summary>A file read several times over as one input, with a note of the time and of the allocated bytes wherever a part of it ends.</summary>
/// <remarks>The pipeline is never more than a few thousand lines behind its input, so a part of a million lines is measured without start, warm-up and drain.</remarks>
internal sealed class PassesStream(string path, int passes, int partsPerPass) : Stream
{
    private readonly FileStream _file = File.OpenRead(path);
    private readonly List<Mark> _marks = [];
    private long _read;

    /// <summary>The first mark is the first read's, then one for each part that was read to its end.</summary>
    public IReadOnlyList<Mark> Marks => _marks;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _file.Length * passes;

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var partBytes = _file.Length / partsPerPass;
        if (_marks.Count == 0 || _read >= _marks.Count * partBytes)
            _marks.Add(new Mark(Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes()));
        if (_read >= Length)
            return 0;
        if (_file.Position == _file.Length)
            _file.Position = 0;
        var read = _file.Read(buffer, offset, count);
        _read += read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What the process had used when a part ended.</summary>
    internal readonly record struct Mark(long Timestamp, long AllocatedBytes);
}
