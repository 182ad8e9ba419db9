namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>The lines of a stream as bytes, without their LF or CRLF. A span is good until the next call.</summary>
/// <param name="input">Read to its end; stays the caller's.</param>
/// <param name="capacity">Bytes that are read at once, at least 1.</param>
internal sealed class LineReader(Stream input, int capacity = 256 * 1024)
{
    private byte[] _buffer = new byte[capacity];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>Where the buffer's first byte stands in the stream.</summary>
    private long _bufferAt;

    /// <summary>Where the last line starts, in bytes from where the stream was.</summary>
    public long LineAt { get; private set; }

    /// <summary>The next line; false at the end. A line may be as long as memory allows.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        LineAt = _bufferAt + _start;
        while (true)
        {
            var held = _buffer.AsSpan(_start, _end - _start);
            var length = held[searched..].IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = WithoutReturn(held[..(searched + length)]);
                _start += searched + length + 1;
                return true;
            }

            if (_isAtEnd)
            {
                line = WithoutReturn(held);
                _start = _end;
                return held.Length > 0;
            }

            searched = held.Length;
            Fill();
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _bufferAt += _start;
        _end -= _start;
        _start = 0;
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        var read = input.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _isAtEnd = read == 0;
    }

    private static ReadOnlySpan<byte> WithoutReturn(ReadOnlySpan<byte> line) => line.EndsWith((byte)'\r') ? line[..^1] : line;
}
