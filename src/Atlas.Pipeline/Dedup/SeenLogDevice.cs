using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>The files of the index's log: pages are written on a thread of its own, and the records that a batch asks for are read together, after all of it was asked.</summary>
/// <remarks>
/// FASTER's own device makes several tasks for every record it reads, syncs every page that it writes, and its caller overlooks a read that failed. Here <see cref="SyncWrites"/> is what makes the log durable;
/// what FASTER writes between two such calls is synced now and then, as the ledger's commits wait behind what is synced as one.
/// Writes come from any thread. <see cref="Collect"/> and <see cref="ReadCollected"/> belong to the one thread that is inside the index; a read outside of the two is done at once.
/// </remarks>
internal sealed unsafe class SeenLogDevice(string path, IDisk disk, TimeProvider time) : StorageDeviceBase(path, Sector, Devices.CAPACITY_UNSPECIFIED)
{
    private const int Sector = 512;

    /// <summary>A read that takes longer came from the disk and not from the page cache: the rest of its batch is read in parallel.</summary>
    private static readonly TimeSpan FromCache = TimeSpan.FromMicroseconds(50);

    private const int ParallelReads = 16;

    /// <summary>Bytes written between two syncs: some 20 ms of a disk.</summary>
    private const int MostUnsynced = 8 << 20;

    private readonly Lock _gate = new();
    private readonly WriteThread _writer = new("dedup log");

    /// <summary>Replaced as a whole: reads take no lock.</summary>
    private volatile IDiskFile?[] _segments = [];
    private readonly Transfer[] _collected = new Transfer[UrlBatch.MaxRows];
    private readonly object _writesEnd = new();
    private int _writes;
    private int _count;
    private bool _collects;
    private volatile bool _hasFailed;

    /// <summary>Bytes of the segment that was written last; the writing thread's alone.</summary>
    private int _unsynced;

    private int _written;
    private string? _damage;

    /// <summary>What a checkpoint has left of the log, while it is verified.</summary>
    public SealedLog? Sealed { get; init; }

    /// <summary>Told once, when the log turns out to be damaged.</summary>
    public Action<string>? Damaged { get; init; }

    /// <exception cref="IOException">Something could not be read or written: what the index answers from now on is not to be trusted, and no checkpoint either.</exception>
    public void ThrowIfFailed()
    {
        if (_hasFailed)
            throw new IOException(_damage is { } damage ? $"The dedup index is damaged: {damage} Nothing is lost; the next start makes it anew from the ledger." : $"The dedup index could not read or write its log '{FileName}'.");
    }

    /// <summary>Verifies what no read has asked for, and returns when it is done, stopped or damaged. On a thread of the caller's.</summary>
    public void VerifyRest(CancellationToken stop) => Verified(log => log.VerifyRest(stop));

    /// <summary>From here on reads are kept for <see cref="ReadCollected"/>.</summary>
    public void Collect() => _collects = true;

    /// <summary>Reads what was kept: one by one as long as it comes out of the page cache.</summary>
    public void ReadCollected()
    {
        _collects = false;
        var next = 0;
        var before = time.GetTimestamp();
        while (next < _count)
        {
            Read(_collected[next++]);
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(before, now) > FromCache)
                break;
            before = now;
        }

        if (next < _count)
            Parallel.For(next, _count, new ParallelOptions { MaxDegreeOfParallelism = ParallelReads }, i => Read(_collected[i]));
        Array.Clear(_collected, 0, _count);
        _count = 0;
    }

    /// <summary>Returns when no page is being written.</summary>
    public void WaitForWrites()
    {
        lock (_writesEnd)
        {
            while (_writes > 0)
                Monitor.Wait(_writesEnd);
        }
    }

    /// <summary>Returns when all pages that were handed in are on the disk.</summary>
    /// <exception cref="IOException">They are not.</exception>
    public void SyncWrites()
    {
        using var done = new ManualResetEventSlim();
        _writer.Do(() =>
        {
            try
            {
                SyncSegment();
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        ThrowIfFailed();
    }

    public override void ReadAsync(int segmentId, ulong sourceAddress, nint destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        var read = new Transfer(segmentId, (long)sourceAddress, destinationAddress, (int)readLength, callback, context);
        if (_collects && _count < _collected.Length)
            _collected[_count++] = read;
        else
            Read(read);
    }

    public override void WriteAsync(nint sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
    {
        lock (_writesEnd)
            _writes++;
        _writer.Do(() => Write(new Transfer(segmentId, (long)destinationAddress, sourceAddress, (int)numBytesToWrite, callback, context)));
    }

    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result)
    {
        disk.Delete(GetSegmentFilename(FileName, segment));
        callback(result);
    }

    public override void Reset() => Close();

    public override void Dispose()
    {
        _writer.Dispose();
        Close();
    }

    private void Read(Transfer read)
    {
        var done = 0;
        var error = 0u;
        try
        {
            var into = new Span<byte>((void*)read.Memory, read.Length);
            var file = FileOf(read.Segment);
            if (_hasFailed || (Sealed is { IsVerified: false } && !IsVerified(read.Segment, read.Offset, read.Length)))
                error = uint.MaxValue;
            for (int part; error == 0 && done < read.Length && (part = file.Read(into[done..], read.Offset + done)) > 0;)
                done += part;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _hasFailed = true;
            error = uint.MaxValue;
        }

        // The page that the log ends in may be shorter than it; a record never is. What stays in memory would be bytes of an earlier read.
        // Set and never cleared: an or would write back what it has read, over the failure of a transfer beside this one.
        if (done < read.Length && read.Length < FasterShape.PageBytes)
            _hasFailed = true;
        new Span<byte>((void*)read.Memory, read.Length)[done..].Clear();
        read.Callback(error, (uint)done, read.Context);
    }

    private void Write(Transfer write)
    {
        try
        {
            if (write.Segment != _written)
                SyncSegment();
            _written = write.Segment;
            FileOf(write.Segment).Write(new ReadOnlySpan<byte>((void*)write.Memory, write.Length), write.Offset);
            _unsynced += write.Length;
            if (_unsynced >= MostUnsynced)
                SyncSegment();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _hasFailed = true;
        }

        // A page that is reported as not written stays in memory for good, and the index stands still when it has no other: the store asks ThrowIfFailed instead.
        try
        {
            write.Callback(0, (uint)write.Length, write.Context);
        }
        finally
        {
            lock (_writesEnd)
            {
                if (--_writes == 0)
                    Monitor.PulseAll(_writesEnd);
            }
        }
    }

    /// <summary>On the writing thread.</summary>
    private void SyncSegment()
    {
        if (_unsynced == 0)
            return;
        _unsynced = 0;
        try
        {
            FileOf(_written).Sync();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _hasFailed = true;
        }
    }

    /// <summary>Apart from its caller, which allocates nothing.</summary>
    private bool IsVerified(int segment, long offset, int length) => Verified(log => log.Ensure((segment * FasterShape.SegmentBytes) + offset, length));

    private bool Verified(Action<SealedLog> verify)
    {
        try
        {
            if (Sealed is { } log)
                verify(log);
            return true;
        }
        catch (InvalidDataException damage)
        {
            if (Interlocked.CompareExchange(ref _damage, damage.Message, null) is null)
                Damaged?.Invoke(damage.Message);
            _hasFailed = true;
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _hasFailed = true;
            return false;
        }
    }

    private IDiskFile FileOf(int segment)
    {
        var open = _segments;
        return segment < open.Length && open[segment] is { } file ? file : Open(segment);
    }

    private IDiskFile Open(int segment)
    {
        lock (_gate)
        {
            if (segment < _segments.Length && _segments[segment] is { } known)
                return known;
            var open = new IDiskFile?[Math.Max(_segments.Length, segment + 1)];
            _segments.CopyTo(open, 0);
            var file = open[segment] = disk.Open(GetSegmentFilename(FileName, segment));
            _segments = open;
            return file;
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
                segment?.Dispose();
            _segments = [];
        }
    }

    /// <summary>One transfer between memory and a segment.</summary>
    private readonly record struct Transfer(int Segment, long Offset, nint Memory, int Length, DeviceIOCompletionCallback Callback, object Context);
}
