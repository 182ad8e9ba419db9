using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>A file of a checkpoint, the hash table above all: written in parts of which each is on the disk before the next begins, read in parts side by side.</summary>
/// <remarks>
/// Rests between the parts were tried: a table of 1.3 GB took 11 to 17 seconds instead of 4 to 6, and commits beside it waited no shorter.
/// FASTER overlooks a write that failed, and waits for ever for some reads that did. So <paramref name="failed"/> is told, and what could not be read is zeros. Made for one checkpoint or one recovery.
/// </remarks>
internal sealed class TableDevice(string path, string name, IDisk disk, WriteThread writer, Action failed) : StorageDeviceBase(path, Sector, Devices.CAPACITY_UNSPECIFIED)
{
    private const int Sector = 512;

    private const int PartBytes = HashedFile.PartBytes;

    private readonly RunningHashes _hashes = new(name);
    private readonly Lock _gate = new();
    private IDiskFile? _file;
    private bool _isScattered;

    /// <summary>What was written; null when that was not front to back. To be asked when nothing is being written any more.</summary>
    public IReadOnlyList<SealedStretch>? Written() => _isScattered ? null : _hashes.Sealed();

    public override void WriteAsync(nint sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context) =>
        writer.Do(() => callback(Attempt(() => Write(sourceAddress, (long)destinationAddress, numBytesToWrite)) ? 0 : uint.MaxValue, numBytesToWrite, context));

    public override void ReadAsync(int segmentId, ulong sourceAddress, nint destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        var isRead = Attempt(() => Parallel.For(0, (readLength + PartBytes - 1) / PartBytes, part =>
            ReadPart(destinationAddress + (nint)(part * PartBytes), (long)sourceAddress + part * PartBytes, (int)Math.Min(PartBytes, readLength - part * PartBytes))));
        if (!isRead)
            Clear(destinationAddress, readLength);
        callback(0, readLength, context);
    }

    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result)
    {
        disk.Delete(GetSegmentFilename(FileName, segment));
        callback(result);
    }

    public override void Reset() => Close();

    public override void Dispose() => Close();

    private unsafe void Write(nint from, long offset, uint length)
    {
        _isScattered |= offset != _hashes.End;
        HashedFile.Write(Opened(), offset, new ReadOnlySpan<byte>((void*)from, (int)length), _hashes);
    }

    private unsafe void ReadPart(nint into, long offset, int length)
    {
        var memory = new Span<byte>((void*)into, length);
        var file = Opened();
        for (int read; memory.Length > 0 && (read = file.Read(memory, offset)) > 0; offset += read)
            memory = memory[read..];

        // What is asked for behind the file's end is there to fill a sector.
        memory.Clear();
    }

    private static unsafe void Clear(nint memory, uint length) => new Span<byte>((void*)memory, (int)length).Clear();

    private bool Attempt(Action transfer)
    {
        try
        {
            transfer();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or AggregateException)
        {
            failed();
            return false;
        }
    }

    private IDiskFile Opened()
    {
        lock (_gate)
            return _file ??= disk.Open(GetSegmentFilename(FileName, 0));
    }

    private void Close()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }
}
