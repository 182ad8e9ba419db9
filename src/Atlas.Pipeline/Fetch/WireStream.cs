namespace Atlas.Pipeline.Fetch;

/// <summary>A body as it comes off the wire: counted, and never silent for longer than the idle deadline.</summary>
/// <remarks>One reader at a time. A read that finds its bytes there already, as most do, costs no timer.</remarks>
internal sealed class WireStream : Stream
{
    private readonly Stream _inner;
    private readonly TimeSpan _idle;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenRegistration _ending;

    /// <param name="inner">Stays its owner's.</param>
    /// <param name="idle">The longest that one read may wait.</param>
    /// <param name="time">For that wait.</param>
    /// <param name="cancel">Ends every read.</param>
    public WireStream(Stream inner, TimeSpan idle, TimeProvider time, CancellationToken cancel)
    {
        _inner = inner;
        _idle = idle;
        _cancel = cancel;
        _silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _ending = cancel.UnsafeRegister(static silence => ((CancellationTokenSource)silence!).Cancel(), _silence);
    }

    /// <summary>Bytes that have come so far.</summary>
    public long Count { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => Count; set => throw new NotSupportedException(); }

    /// <param name="buffer">Filled from its start.</param>
    /// <param name="cancellationToken">Not looked at: the stream has been given its own.</param>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = _inner.ReadAsync(buffer, _silence.Token);
        if (!reading.IsCompletedSuccessfully)
            return WaitAsync(reading);
        var read = reading.Result;
        Count += read;
        return new(read);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // In this order: what is registered must not reach a source that is gone.
            _ending.Dispose();
            _silence.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> WaitAsync(ValueTask<int> reading)
    {
        try
        {
            _silence.CancelAfter(_idle);
            var read = await reading;
            _silence.CancelAfter(Timeout.InfiniteTimeSpan);
            Count += read;
            return read;
        }
        catch (OperationCanceledException) when (_silence.IsCancellationRequested && !_cancel.IsCancellationRequested)
        {
            throw new FetchFailedException(Reason.TooSlow, $"The body brought no byte for {_idle.TotalMilliseconds:0} ms.");
        }
    }
}
