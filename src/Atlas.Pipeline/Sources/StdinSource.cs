namespace Atlas.Pipeline.Sources;

/// <summary>Reads lines from a stream that can be read once: there is no place to resume from.</summary>
/// <remarks>What a read returned is sent before the next read is waited for, so no complete line waits for more input.</remarks>
internal sealed class StdinSource : IDisposable
{
    private const int BlockSize = 256 * 1024;

    private readonly Stream _input;
    private readonly LineBatcher _lines;
    private long _bytesRead;

    public StdinSource(StdinOptions options, string name, UrlBatchPool pool, Stream input, SourceProgress progress, Seams seams)
    {
        ArgumentNullException.ThrowIfNull(options);
        _input = input;
        _lines = new LineBatcher(name, pool, progress, seams);
        BytesTotal = input.CanSeek ? input.Length : null;
    }

    /// <summary>Bytes read so far.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Bytes there are; null if the stream cannot tell.</summary>
    public long? BytesTotal { get; }

    /// <summary>Blank lines and comments.</summary>
    public long LinesSkipped => _lines.LinesSkipped;

    /// <summary>Reads to the end of the input, or until the drain begins: a read that is waiting then is abandoned, and an unfinished line with it.</summary>
    /// <param name="send">Takes a batch; false ends the reading.</param>
    /// <param name="drain">Stops the reading; everything that was read as a whole line is sent.</param>
    public async Task RunAsync(Func<UrlBatch, Task<bool>> send, CancellationToken drain)
    {
        var block = new byte[BlockSize];
        while (!drain.IsCancellationRequested)
        {
            int read;
            try
            {
                // A console or a pipe blocks its reader whatever the method is called, so the read is done on a thread that may be left behind.
                read = await Task.Run(() => _input.Read(block, 0, block.Length), CancellationToken.None).WaitAsync(drain);
            }
            catch (OperationCanceledException) when (drain.IsCancellationRequested)
            {
                return;
            }

            if (read == 0)
            {
                _lines.EndFile();
                await SendTakenAsync(send);
                return;
            }

            Interlocked.Add(ref _bytesRead, read);
            if (!await SendLinesAsync(block.AsMemory(0, read), send))
                return;
        }
    }

    public void Dispose() => _lines.Dispose();

    private async Task<bool> SendLinesAsync(ReadOnlyMemory<byte> bytes, Func<UrlBatch, Task<bool>> send)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_lines.Append(bytes.Span)..];
            if (!await SendTakenAsync(send))
                return false;
        }

        return true;
    }

    private async Task<bool> SendTakenAsync(Func<UrlBatch, Task<bool>> send) => _lines.Take() is not { } batch || await send(batch);
}
