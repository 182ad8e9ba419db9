namespace Atlas.Pipeline.Fetch;

/// <summary>A body as it comes off the wire: counted, never silent for longer than the idle deadline, and never slower than the least rate.</summary>
/// <remarks>
/// One reader at a time. A read that finds its bytes there already, as most do, costs no timer.
/// The rate is that of the bytes that came in each window of waiting: what this side takes to work on them is not the host's doing. The first window is free, as connections begin slowly.
/// </remarks>
internal sealed class WireStream : Stream
{
    private readonly Stream _inner;
    /// <summary>How much waiting the rate is taken over.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _idle;
    private readonly int _minRate;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenRegistration _ending;
    private TimeSpan _waited;
    private long _windowFrom;
    private bool _isFirstWindow = true;

    /// <param name="inner">Stays its owner's.</param>
    /// <param name="idle">The longest that one read may wait.</param>
    /// <param name="minRate">The least bytes a second; 0 for none.</param>
    /// <param name="time">For both.</param>
    /// <param name="cancel">Ends every read.</param>
    public WireStream(Stream inner, TimeSpan idle, int minRate, TimeProvider time, CancellationToken cancel)
    {
        _inner = inner;
        _idle = idle;
        _minRate = minRate;
        _time = time;
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
            var from = _time.GetTimestamp();
            _silence.CancelAfter(_idle);
            var read = await reading;
            _silence.CancelAfter(Timeout.InfiniteTimeSpan);
            Count += read;
            if (read > 0)
                CheckRate(_time.GetElapsedTime(from));
            return read;
        }
        catch (OperationCanceledException) when (_silence.IsCancellationRequested && !_cancel.IsCancellationRequested)
        {
            throw new FetchFailedException(Reason.TooSlow, $"The body brought no byte for {_idle.TotalMilliseconds:0} ms.");
        }
    }

    private void CheckRate(TimeSpan waited)
    {
        _waited += waited;
        if (_waited < Window)
            return;
        var bytes = Count - _windowFrom;
        if (!_isFirstWindow && bytes < _minRate * _waited.TotalSeconds)
            throw new FetchFailedException(Reason.TooSlow, $"The body brought {bytes} bytes in {_waited.TotalSeconds:0} s, less than {_minRate} a second.");
        (_isFirstWindow, _waited, _windowFrom) = (false, TimeSpan.Zero, Count);
    }
}
