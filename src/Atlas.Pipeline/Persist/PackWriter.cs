using System.IO.Compression;

namespace Atlas.Pipeline.Persist;

/// <summary>Writes a segment that nobody writes to any more as a pack, and takes it away when the pack is durable. One caller at a time.</summary>
/// <remarks>
/// In this order: N.pack.new is written and synced, renamed to N.pack, the directory synced, N.seg deleted. So at any moment the segment or its pack is there whole, and after a crash the segment is simply packed
/// again as long as it is there: what a pack beside it holds does not count.
/// </remarks>
internal sealed class PackWriter(string directory, IDisk disk)
{
    /// <summary>Bytes held while packing: a block, its frame, and about what the encoder takes.</summary>
    public const int HeldBytes = 2 << 20;

    /// <summary>Brotli's fastest way that finds repetitions across a block. By measurement: README.</summary>
    private const int Quality = 1;

    /// <summary>log2 of <see cref="PackFormat.BlockBytes"/>: nothing lies farther back.</summary>
    private const int Window = 18;

    /// <summary>Bytes that are synced together: what is synced as one stands in the disk's queue before every commit of the ledger.</summary>
    private const int PartBytes = 4 << 20;

    private readonly byte[] _block = new byte[PackFormat.BlockBytes];

    /// <summary>A frame that is not smaller than its block by a tenth is not worth its decompressing.</summary>
    private readonly byte[] _frame = new byte[PackFormat.BlockBytes - (PackFormat.BlockBytes / 10)];

    /// <summary>The segments that are there below a number, in order. What an earlier packing has not finished is taken away before.</summary>
    public IReadOnlyList<int> FindSegments(int below)
    {
        foreach (var unfinished in disk.List(directory, "*.pack.new").Where(path => path.EndsWith(".pack.new", StringComparison.Ordinal)))
            disk.Delete(unfinished);
        return [.. disk.List(directory, "*.seg").Where(path => path.EndsWith(".seg", StringComparison.Ordinal)).Select(SegmentStore.NumberOf).OfType<int>().Where(segment => segment < below).Order()];
    }

    /// <summary>Packs a segment, unless it is empty or told to stop: then everything is as it was.</summary>
    /// <param name="segment">Its number; N.seg is there.</param>
    /// <param name="goesOn">Asked before each block; may wait; false ends it.</param>
    /// <param name="beforeChange">Called before something that was there is touched; throws when it must not be.</param>
    /// <returns>Bytes before and after; null if it was not packed.</returns>
    /// <exception cref="IOException">It could not be read or written, and is as it was.</exception>
    public (long Before, long After)? TryPack(int segment, Func<bool> goesOn, Action beforeChange)
    {
        var fresh = SegmentPack.FreshPathOf(directory, segment);
        var isPacked = false;
        try
        {
            if (Write(SegmentStore.PathOf(directory, segment), fresh, goesOn) is not { } sizes)
                return null;
            beforeChange();
            disk.Rename(fresh, SegmentPack.PathOf(directory, segment));
            isPacked = true;
            disk.SyncDirectory(directory);
            disk.Delete(SegmentStore.PathOf(directory, segment));
            return sizes;
        }
        finally
        {
            if (!isPacked)
                TryDelete(fresh);
        }
    }

    /// <summary>Null if it was told to stop or there is nothing in the segment.</summary>
    private (long Before, long After)? Write(string from, string to, Func<bool> goesOn)
    {
        using var segment = disk.OpenRead(from);
        var length = segment.Length;
        if (length == 0)
            return null;
        if (disk.Exists(to))
            disk.Delete(to);
        using var pack = disk.Open(to);
        pack.Write(PackFormat.Mark, 0);
        long end = PackFormat.MarkBytes, synced = 0;
        var index = new byte[(PackFormat.BlocksOf(length) * PackFormat.EntryBytes) + PackFormat.TailBytes];
        var entries = index.AsSpan(0, index.Length - PackFormat.TailBytes);
        for (long at = 0; at < length; at += PackFormat.BlockBytes)
        {
            if (!goesOn())
                return null;
            var block = _block.AsSpan(0, (int)Math.Min(PackFormat.BlockBytes, length - at));
            Fill(segment, block, at, from);
            var frame = Compress(block);
            pack.Write(frame, end);
            PackFormat.WriteEntry(entries[(int)(at / PackFormat.BlockBytes * PackFormat.EntryBytes)..], frame);
            end += frame.Length;
            if (end - synced < PartBytes)
                continue;
            pack.Sync();
            synced = end;
        }

        PackFormat.WriteTail(index.AsSpan(entries.Length), entries, length);
        pack.Write(index, end);
        pack.Sync();
        return (length, end + index.Length);
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> block)
    {
        var most = _frame.AsSpan(0, block.Length - ((block.Length + 9) / 10));
        return BrotliEncoder.TryCompress(block, most, out var written, Quality, Window) ? most[..written] : block;
    }

    private static void Fill(IDiskFile file, Span<byte> bytes, long offset, string path)
    {
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = file.Read(bytes[filled..], offset + filled);
            if (read == 0)
                throw new IOException($"{path} has become shorter while it was read.");
            filled += read;
        }
    }

    private void TryDelete(string fresh)
    {
        try
        {
            if (disk.Exists(fresh))
                disk.Delete(fresh);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next start deletes it; what went wrong before is worth more.
        }
    }
}
