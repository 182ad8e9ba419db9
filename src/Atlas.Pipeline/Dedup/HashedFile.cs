using System.Buffers;

namespace Atlas.Pipeline.Dedup;

/// <summary>Writes a large file from memory that others go on changing: part by part, each copied, hashed, written and synced before the next.</summary>
/// <remarks>
/// What is synced as one stands in the disk's queue before every commit of the ledger: a part is what a commit waits for at most.
/// The hash is of the copy that is written. Read again at the end, the file would be hashed as the disk gave it, at the cost of gigabytes that may have left the page cache.
/// </remarks>
internal static class HashedFile
{
    /// <summary>Bytes that are written before they are synced: some 10 ms of a disk.</summary>
    public const int PartBytes = 4 << 20;

    /// <summary>Less than this is not worth a sync of its own: sealing the checkpoint syncs it.</summary>
    private const int LeastSynced = 64 << 10;

    /// <param name="file">The file.</param>
    /// <param name="offset">Where the bytes go.</param>
    /// <param name="from">The memory.</param>
    /// <param name="hashes">Of the file, in the order in which it is written.</param>
    public static void Write(IDiskFile file, long offset, ReadOnlySpan<byte> from, RunningHashes hashes)
    {
        var copy = ArrayPool<byte>.Shared.Rent(Math.Min(from.Length, PartBytes));
        try
        {
            for (; from.Length > 0; from = from[Math.Min(from.Length, PartBytes)..])
            {
                var part = copy.AsSpan(0, Math.Min(from.Length, PartBytes));
                from[..part.Length].CopyTo(part);
                hashes.Append(part);
                file.Write(part, offset);
                if (part.Length >= LeastSynced)
                    file.Sync();
                offset += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
