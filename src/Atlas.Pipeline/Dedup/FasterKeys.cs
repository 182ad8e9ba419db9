using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>A key as it lies in the index's log: 16 bytes, low half first.</summary>
internal readonly struct LogKey(UInt128 key)
{
    public readonly ulong Low = (ulong)key;
    public readonly ulong High = (ulong)(key >> 64);
}

/// <summary>Keys are uniformly distributed already: half of their bits is their hash.</summary>
internal sealed class LogKeyComparer : IFasterEqualityComparer<LogKey>
{
    public long GetHashCode64(ref LogKey key) => (long)key.Low;

    public bool Equals(ref LogKey a, ref LogKey b) => a.Low == b.Low && a.High == b.High;
}

/// <summary>Insert-if-absent as the index wants it told: a key that is there is left as it is, on disk as in memory.</summary>
/// <param name="created">Where the operations that had to wait for the disk report, by their place in the batch.</param>
internal sealed class InsertIfAbsent(bool[] created) : FunctionsBase<LogKey, long, long, long, int>
{
    /// <summary>Set when an operation that waited for the disk failed.</summary>
    public bool HasFailed { get; private set; }

    public override bool InitialUpdater(ref LogKey key, ref long input, ref long value, ref long output, ref RMWInfo rmwInfo)
    {
        value = 0;
        return true;
    }

    public override bool InPlaceUpdater(ref LogKey key, ref long input, ref long value, ref long output, ref RMWInfo rmwInfo) => true;

    public override bool NeedCopyUpdate(ref LogKey key, ref long input, ref long oldValue, ref long output, ref RMWInfo rmwInfo) => false;

    public override bool SingleWriter(ref LogKey key, ref long input, ref long src, ref long dst, ref long output, ref UpsertInfo upsertInfo, WriteReason reason)
    {
        dst = src;
        return true;
    }

    public override void RMWCompletionCallback(ref LogKey key, ref long input, ref long output, int ctx, Status status, RecordMetadata recordMetadata)
    {
        created[ctx] = status.Record.Created;
        HasFailed |= status.IsFaulted || status.IsCanceled;
    }
}
