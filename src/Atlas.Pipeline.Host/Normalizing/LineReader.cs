namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>The lines of a stream as bytes, without their LF or CRLF. A span is good until the next call.</summary>
/// <param name="input">Read to its end; stays the caller's.</param>
internal sealed class LineReader(Stream input)
{
    private byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>The next line; false at the end. A line may be as long as memory allows.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
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
