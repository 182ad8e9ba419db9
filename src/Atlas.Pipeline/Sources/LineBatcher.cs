using System.Text.Unicode;
using Atlas.Urls;

namespace Atlas.Pipeline.Sources;

/// <summary>Turns the bytes of one file into batches of lines, whatever the pieces in which the bytes arrive.</summary>
/// <remarks>
/// Lines end in LF or CRLF. Lines of only whitespace and lines that start with <c>#</c> are skipped and counted. Used by one reader at a time.
/// Memory is bounded: one batch, and of an unfinished line at most what the longest line may hold.
/// </remarks>
internal sealed class LineBatcher(string source, UrlBatchPool pool, SourceProgress progress, Seams seams) : IDisposable
{
    /// <summary>The longest line that is accepted, in bytes without its terminator.</summary>
    public const int MaxLine = 64 * 1024;

    /// <summary>What is kept of a longer one, in bytes.</summary>
    public const int KeptOfLongLine = 1024;

    // Room for a CR and a byte order mark that are no part of the line they come with.
    private const int MostCarried = MaxLine + 4;

    private string _file = "";
    private UrlBatch? _batch;
    private int _mostLines;
    private int _textEnd;
    private byte[] _carried = [];
    private int _carriedLength;

    // Of the line that is being read: its first byte in the file, and how many bytes of it have been seen.
    private long _lineStart;
    private long _lineSeen;

    // Made for the first line that outgrows what is carried. Null or without a byte as long as a line does not.
    private LongLineId? _longLine;
    private bool _isOutgrown;

    /// <summary>Lines that held nothing: blank ones and comments.</summary>
    public long LinesSkipped { get; private set; }

    /// <summary>How many links the lines that come next are away from the lines of the input.</summary>
    public byte Depth { get; set; }

    /// <summary>The first byte of the file that has not been handed in yet.</summary>
    public long Position => _lineStart + _lineSeen;

    /// <summary>The first byte after the last complete line.</summary>
    public long LineStart => _lineStart;

    /// <summary>Whether an unfinished line is being held.</summary>
    public bool HoldsPartialLine => _lineSeen > 0;

    /// <summary>Goes on with a file at a place where a line begins; an unfinished line is forgotten. The batch must have been taken.</summary>
    /// <param name="file">The identity that receipts carry.</param>
    /// <param name="offset">In bytes from the start of the file.</param>
    public void StartAt(string file, long offset)
    {
        _file = file;
        _lineStart = offset;
        ForgetLine();
    }

    /// <summary>Takes in bytes until the batch is full.</summary>
    /// <returns>How many bytes were taken: less than all of them only if the batch must be taken first.</returns>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length)
        {
            var rest = bytes[taken..];
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
            {
                Carry(rest);
                return bytes.Length;
            }

            if (!TryAddLine(rest[..length]))
                return taken;
            taken += length + 1;
            _lineStart++;
        }

        return taken;
    }

    /// <summary>The file ends here: what is held of a last line without a terminator is a line. The batch must have been taken.</summary>
    public void EndFile()
    {
        if (HoldsPartialLine)
            TryAddLine([]);
    }

    /// <summary>The lines since the last call, or null if there are none.</summary>
    public UrlBatch? Take()
    {
        var batch = _batch;
        _batch = null;
        _textEnd = 0;
        if (batch is not null)
            batch.Receipt = progress.Open(_file, _lineStart);
        return batch;
    }

    public void Dispose() => _longLine?.Dispose();

    // Adds the line that is carried, if any, and ends in `end`. False, and nothing has changed, if the batch has no room for it.
    private bool TryAddLine(ReadOnlySpan<byte> end)
    {
        var whole = _lineSeen + end.Length;
        var line = end;
        if (_lineSeen > 0)
        {
            if (!HasRoom((int)Math.Min(whole, MaxLine)))
                return false;
            Carry(end);
            line = _carried.AsSpan(0, _carriedLength);
        }

        var marks = MarksOf(line);
        line = line[marks..];
        if (!_isOutgrown && line.EndsWith((byte)'\r'))
            line = line[..^1];

        // Dedup writes one dead letter per distinct line: what is kept of a long one is too little to know it by.
        var isTooLong = line.Length > MaxLine || _isOutgrown;
        var id = UInt128.Zero;
        if (isTooLong)
        {
            id = _isOutgrown ? _longLine!.End() : ContentId.Of(line);
            _isOutgrown = false;
            line = line[..KeptOfLongLine];
        }

        var content = line.TrimStart(" \t\r\v\f"u8);
        if (content.StartsWith((byte)'#') || (content.IsEmpty && !isTooLong))
            LinesSkipped++;
        else if (!HasRoom(line.Length))
            return false;
        else
            AddRow(line, _lineStart + marks, isTooLong, id);

        _lineStart += whole;
        ForgetLine();
        return true;
    }

    private void AddRow(ReadOnlySpan<byte> line, long offset, bool isTooLong, UInt128 id)
    {
        if (_batch is null)
        {
            _batch = pool.Rent();
            _mostLines = pool.Size?.Lines ?? UrlBatch.MaxRows;
            _batch.Source = source;
            _batch.ReadAt = seams.Time.GetTimestamp();
        }

        line.CopyTo(_batch.Text.AsSpan(_textEnd));
        ref var row = ref _batch.Rows[_batch.Count++];
        row = new UrlRow { TextStart = _textEnd, TextLength = line.Length, SourceOffset = offset, ContentId = id, Depth = Depth };
        _textEnd += line.Length;
        if (isTooLong)
            row.Reject(Reason.LineTooLong);
        else if (!Utf8.IsValid(line))
            row.Reject(Reason.NotUtf8);
    }

    private bool HasRoom(int bytes) => _batch is null || (_batch.Count < _mostLines && _textEnd + bytes <= UrlBatch.TextCapacity);

    private int MarksOf(ReadOnlySpan<byte> line) => _lineStart == 0 && line.StartsWith("\uFEFF"u8) ? 3 : 0;

    private void Carry(ReadOnlySpan<byte> bytes)
    {
        _lineSeen += bytes.Length;
        var kept = bytes[..Math.Min(bytes.Length, MostCarried - _carriedLength)];
        if (_carriedLength + kept.Length > _carried.Length)
            Array.Resize(ref _carried, Math.Min(MostCarried, Math.Max(2 * _carried.Length, _carriedLength + kept.Length)));
        kept.CopyTo(_carried.AsSpan(_carriedLength));
        _carriedLength += kept.Length;
        if (kept.Length < bytes.Length)
            Outgrow(bytes[kept.Length..]);
    }

    private void Outgrow(ReadOnlySpan<byte> rest)
    {
        _longLine ??= new LongLineId();
        if (!_isOutgrown)
        {
            var carried = _carried.AsSpan(0, _carriedLength);
            _longLine.Append(carried[MarksOf(carried)..]);
        }

        _isOutgrown = true;
        _longLine.Append(rest);
    }

    private void ForgetLine()
    {
        _lineSeen = 0;
        _carriedLength = 0;
        if (_isOutgrown)
            _longLine!.End();
        _isOutgrown = false;
    }
}
