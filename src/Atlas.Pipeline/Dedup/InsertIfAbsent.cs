using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>Insert-if-absent as the index wants it told: a key that is there is left as it is, on disk as in memory. The value is a number that the key's row in the ledger stands above.</summary>
/// <remarks>A struct, so that the index's code is compiled for it; for a class it looks its own types up at every key.</remarks>
/// <param name="outcomes">Where the operations that had to wait for the disk report, by their place in the batch.</param>
internal readonly struct InsertIfAbsent(BatchOutcomes outcomes) : IFunctions<LogKey, long, long, long, int>
{
    /// <summary>In bytes: sixteen records.</summary>
    private const int PrefetchedAhead = 512;

    public bool NeedInitialUpdate(ref LogKey key, ref long input, ref long output, ref RMWInfo rmwInfo) => true;

    public bool InitialUpdater(ref LogKey key, ref long input, ref long value, ref long output, ref RMWInfo rmwInfo)
    {
        value = input;
        PrefetchTail(ref value);
        return true;
    }

    public void PostInitialUpdater(ref LogKey key, ref long input, ref long value, ref long output, ref RMWInfo rmwInfo)
    {
    }

    public bool InPlaceUpdater(ref LogKey key, ref long input, ref long value, ref long output, ref RMWInfo rmwInfo) => true;

    public bool NeedCopyUpdate(ref LogKey key, ref long input, ref long oldValue, ref long output, ref RMWInfo rmwInfo) => false;

    public bool CopyUpdater(ref LogKey key, ref long input, ref long oldValue, ref long newValue, ref long output, ref RMWInfo rmwInfo) => true;

    public void PostCopyUpdater(ref LogKey key, ref long input, ref long oldValue, ref long newValue, ref long output, ref RMWInfo rmwInfo)
    {
    }

    public void RMWCompletionCallback(ref LogKey key, ref long input, ref long output, int ctx, Status status, RecordMetadata recordMetadata)
    {
        outcomes.Created[ctx] = status.Record.Created;
        outcomes.HasFailed |= status.IsFaulted || status.IsCanceled;
    }

    public bool SingleWriter(ref LogKey key, ref long input, ref long src, ref long dst, ref long output, ref UpsertInfo upsertInfo, WriteReason reason)
    {
        dst = src;
        PrefetchTail(ref dst);
        return true;
    }

    public void PostSingleWriter(ref LogKey key, ref long input, ref long src, ref long dst, ref long output, ref UpsertInfo upsertInfo, WriteReason reason)
    {
    }

    public bool ConcurrentWriter(ref LogKey key, ref long input, ref long src, ref long dst, ref long output, ref UpsertInfo upsertInfo)
    {
        dst = src;
        return true;
    }

    public bool SingleReader(ref LogKey key, ref long input, ref long value, ref long dst, ref ReadInfo readInfo)
    {
        dst = value;
        return true;
    }

    public bool ConcurrentReader(ref LogKey key, ref long input, ref long value, ref long dst, ref ReadInfo readInfo)
    {
        dst = value;
        return true;
    }

    public void ReadCompletionCallback(ref LogKey key, ref long input, ref long output, int ctx, Status status, RecordMetadata recordMetadata)
    {
        outcomes.Above[ctx] = status.Found ? output : ISeenStore.Unknown;
        outcomes.HasFailed |= status.IsFaulted || status.IsCanceled;
    }

    public bool SingleDeleter(ref LogKey key, ref long value, ref DeleteInfo deleteInfo) => true;

    public void PostSingleDeleter(ref LogKey key, ref DeleteInfo deleteInfo)
    {
    }

    public bool ConcurrentDeleter(ref LogKey key, ref long value, ref DeleteInfo deleteInfo) => true;

    public void DisposeSingleWriter(ref LogKey key, ref long input, ref long src, ref long dst, ref long output, ref UpsertInfo upsertInfo, WriteReason reason)
    {
    }

    public void DisposeCopyUpdater(ref LogKey key, ref long input, ref long oldValue, ref long newValue, ref long output, ref RMWInfo rmwInfo)
    {
    }

    public void DisposeInitialUpdater(ref LogKey key, ref long input, ref long value, ref long output, ref RMWInfo rmwInfo)
    {
    }

    public void DisposeSingleDeleter(ref LogKey key, ref long value, ref DeleteInfo deleteInfo)
    {
    }

    public void DisposeDeserializedFromDisk(ref LogKey key, ref long value)
    {
    }

    public void CheckpointCompletionCallback(int sessionID, string sessionName, CommitPoint commitPoint)
    {
    }

    /// <summary>The log is written front to back, and every interlocked step that follows a write waits for its line: it is fetched ahead.</summary>
    private static unsafe void PrefetchTail(ref long written)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0((byte*)Unsafe.AsPointer(ref written) + PrefetchedAhead);
    }
}
