using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>What FASTER has to be told to recover its log up to a cut, as if it had ended one of its own checkpoints there.</summary>
/// <remarks>
/// Its own tell what came behind a checkpoint by version, session and a fuzzy stretch of the log, since they are taken while many sessions write. Here one session writes at a time and a cut lies between two batches:
/// what is before the address belongs to it, and nothing behind. So version and stretch are given such that nothing before the address is left out.
/// </remarks>
internal static class LogDescription
{
    public static HybridLogRecoveryInfo Of(LogCut cut, FasterKV<LogKey, long> store)
    {
        var info = default(HybridLogRecoveryInfo);
        info.Initialize(Guid.NewGuid(), store.CurrentVersion);
        info.nextVersion = store.CurrentVersion + 1;
        info.beginAddress = store.Log.BeginAddress;

        // From here on it is recovered into memory: whole pages, none of them behind the end, and nothing before the first record.
        info.headAddress = Math.Max(store.Log.BeginAddress, Math.Min(store.Log.HeadAddress, cut.Tail - (cut.Tail % FasterShape.PageBytes)));
        info.startLogicalAddress = info.flushedLogicalAddress = info.finalLogicalAddress = cut.Tail;
        return info;
    }
}
