using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>A file of a checkpoint, the hash table above all: written in parts of which each is on the disk before the next begins, read in parts side by side.</summary>
/// <remarks>
/// A table is gigabytes. Written as one and synced at its end, it stands in the disk's queue before every commit of the ledger: a part is what a commit waits for at most.
/// Rests between the parts were tried: a table of 1.3 GB took 11 to 17 seconds instead of 4 to 6, and commits beside it waited no shorter.
/// FASTER overlooks a write that failed, and waits for ever for some reads that did. So <paramref name="failed"/> is told, and what could not be read is zeros. Made for one checkpoint or one recovery.
/// </remarks>
internal sealed class TableDevice(string path, IDisk disk, WriteThread writer, Action failed) : StorageDeviceBase(path, Sector, Devices.CAPACITY_UNSPECIFIED)
{
    private const int Sector = 512;

    /// <summary>Bytes that are written before they are synced: some 10 ms of a disk.</summary>
    private const int PartBytes = 4 << 20;

    /// <summary>Less than this is not worth a sync of its own: sealing the checkpoint syncs it.</summary>
    private const int LeastSynced = 64 << 10;

    private readonly Lock _gate = new();
    private IDiskFile? _file;

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

    private void Write(nint from, long offset, long length)
    {
        for (var done = 0L; done < length; done += PartBytes)
            WritePart(from + (nint)done, offset + done, (int)Math.Min(PartBytes, length - done));
    }

    private unsafe void WritePart(nint from, long offset, int length)
    {
        var file = Opened();
        file.Write(new ReadOnlySpan<byte>((void*)from, length), offset);
        if (length >= LeastSynced)
            file.Sync();
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
