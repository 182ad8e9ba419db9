using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Sources;

/// <summary>Reads lines from files as they grow, through rotation and truncation, and resumes where the ledger committed.</summary>
/// <remarks>
/// A file is known by its identity, not its path. One reader goes round all files, so batches and receipts have one order. A file that was truncated and has
/// grown past the old place between two looks cannot be told from one that was appended to.
/// </remarks>
internal sealed partial class FileTailSource
{
    private const int BlockSize = 256 * 1024;

    // A file that was rotated away may still be written to by someone who holds it open: it is let go at the second look that finds nothing new.
    private const int LooksBeforeLetGo = 2;

    private readonly FileTailOptions _options;
    private readonly string _name;
    private readonly UrlBatchPool _pool;
    private readonly SourceProgress _progress;
    private readonly Func<string, long> _resumeOffset;
    private readonly Seams _seams;
    private readonly ILogger _log;
    private readonly List<TailedFile> _files = [];
    private readonly Dictionary<string, long> _failedAt = [];
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly byte[] _block = new byte[BlockSize];
    private bool _isFirstLook = true;
    private long _linesSkipped;
    private long _bytesRead;
    private long _bytesFound;
    private bool _hasNewPlaces;

    /// <param name="options">The settings.</param>
    /// <param name="name">The source's name in the YAML.</param>
    /// <param name="pool">Where batches come from.</param>
    /// <param name="progress">Where receipts are opened.</param>
    /// <param name="resumeOffset">The committed place of a file, by identity, in bytes; 0 if it is not known.</param>
    /// <param name="seams">Time and log.</param>
    public FileTailSource(FileTailOptions options, string name, UrlBatchPool pool, SourceProgress progress, Func<string, long> resumeOffset, Seams seams)
    {
        _options = options;
        _name = name;
        _pool = pool;
        _progress = progress;
        _resumeOffset = resumeOffset;
        _seams = seams;
        _log = seams.Logs.CreateLogger("Atlas.Pipeline.Sources");
    }

    /// <summary>Makes the places durable that stand for no line; they would otherwise wait for somebody's next transaction.</summary>
    public Func<Task> CommitPlaces { get; init; } = static () => Task.CompletedTask;

    /// <summary>Bytes read so far, of all files.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Bytes that there were to read when the files were opened; null while following, as there is no end.</summary>
    public long? BytesTotal => _options.Follow ? null : Interlocked.Read(ref _bytesFound);

    /// <summary>Blank lines and comments.</summary>
    public long LinesSkipped => Interlocked.Read(ref _linesSkipped);

    /// <summary>Reads until the drain begins or, when not following, to the end of the files.</summary>
    /// <param name="send">Takes a batch; false ends the reading.</param>
    /// <param name="drain">Stops the reading; everything that was read as a whole line is sent.</param>
    /// <exception cref="IOException">A file is not there or cannot be read, and nothing is followed: its lines would be left out without a word.</exception>
    public async Task RunAsync(Func<UrlBatch, Task<bool>> send, CancellationToken drain)
    {
        try
        {
            await Task.Yield();
            while (!drain.IsCancellationRequested)
            {
                FindFiles();
                await CommitNewPlacesAsync();
                var isIdle = true;
                foreach (var file in _files.ToArray())
                {
                    if (await VisitAsync(file, send, drain) is not { } hadMore)
                        return;
                    isIdle &= !hadMore;
                }

                if (!isIdle)
                    continue;
                if (!_options.Follow)
                    return;
                await Task.Delay(_options.Poll, _seams.Time, drain);
            }
        }
        catch (OperationCanceledException) when (drain.IsCancellationRequested)
        {
            // The wait for the next look was what the drain interrupted.
        }
        finally
        {
            foreach (var file in _files)
                file.Dispose();
            _files.Clear();
        }
    }

    // Reads what is there when the visit begins: a file that was rotated away comes to its end before its successor is begun, and one that grows without
    // pause does not keep the others waiting. Null when the reading is over; otherwise whether there was anything.
    private async Task<bool?> VisitAsync(TailedFile file, Func<UrlBatch, Task<bool>> send, CancellationToken drain)
    {
        var hadMore = false;
        while (ReadBlock(file) is var read and not 0)
        {
            if (read < 0)
                return hadMore;
            hadMore = true;
            file.IdleLooks = 0;
            if (!await SendLinesAsync(file, _block.AsMemory(0, read), send) || drain.IsCancellationRequested)
                return null;
        }

        return hadMore && _options.Follow ? true : await RestAsync(file, send);
    }

    // Bytes read, 0 at the end of what there was, -1 if the file was let go because it cannot be read.
    private int ReadBlock(TailedFile file)
    {
        try
        {
            var length = RandomAccess.GetLength(file.Handle);
            StartOverIfTruncated(file, length);
            if (file.VisitEnd < 0)
                file.VisitEnd = length;
            var left = (int)Math.Min(BlockSize, file.VisitEnd - file.Lines.Position);
            var read = left > 0 ? RandomAccess.Read(file.Handle, _block.AsSpan(0, left), file.Lines.Position) : 0;
            if (read == 0)
                file.VisitEnd = -1;
            Interlocked.Add(ref _bytesRead, read);
            _reported.Remove(file.Path);
            return read;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            ReportOnce(file.Path, error);
            _failedAt[file.Identity] = file.Lines.LineStart;
            LetGo(file);
            return -1;
        }
    }

    // At the end: a file that nobody waits for any more gives its last line. Null when nobody takes any more.
    private async Task<bool?> RestAsync(TailedFile file, Func<UrlBatch, Task<bool>> send)
    {
        file.IdleLooks++;
        var isLeft = (file.IsGone || file.WasRenamed) && file.IdleLooks >= LooksBeforeLetGo;
        if (_options.Follow && !isLeft)
            return false;

        var goesOn = true;
        if (file.Lines.HoldsPartialLine)
        {
            file.Lines.EndFile();
            goesOn = await SendTakenAsync(file, send);
        }

        file.WasRenamed = false;
        if (file.IsGone)
            LetGo(file);
        return goesOn ? false : null;
    }

    private void StartOverIfTruncated(TailedFile file, long length)
    {
        if (length >= file.Lines.Position)
            return;
        file.VisitEnd = -1;
        LogTruncated(file.Path);
        file.Lines.StartAt(file.Identity, 0);
        CommitPlace(file.Identity, 0);
    }

    private async Task<bool> SendLinesAsync(TailedFile file, ReadOnlyMemory<byte> bytes, Func<UrlBatch, Task<bool>> send)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[file.Lines.Append(bytes.Span)..];
            if (!await SendTakenAsync(file, send))
                return false;
        }

        return true;
    }

    private async Task<bool> SendTakenAsync(TailedFile file, Func<UrlBatch, Task<bool>> send)
    {
        var batch = file.Lines.Take();
        Interlocked.Add(ref _linesSkipped, file.Lines.LinesSkipped - file.SkippedCounted);
        file.SkippedCounted = file.Lines.LinesSkipped;
        return batch is null || await send(batch);
    }

    private void LetGo(TailedFile file)
    {
        file.Dispose();
        _files.Remove(file);
    }

    // A receipt without a batch.
    private void CommitPlace(string identity, long offset)
    {
        _progress.Open(identity, offset).Settle();
        _hasNewPlaces = true;
    }

    private Task CommitNewPlacesAsync()
    {
        if (!_hasNewPlaces)
            return Task.CompletedTask;
        _hasNewPlaces = false;
        return CommitPlaces();
    }
}
