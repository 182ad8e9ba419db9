using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Dedup;

internal static class WholeCheckpoint
{
    /// <summary>All parts of a checkpoint, one after the other. Nobody may add keys meanwhile.</summary>
    public static async Task<SeenCheckpoint> CheckpointAsync(this FasterSeenStore store, long highWater)
    {
        var taken = await store.FixCheckpointAsync(await store.BeginCheckpointAsync());
        var made = await store.SealCheckpointAsync(taken, highWater);
        await store.KeepNewestTwoAsync(taken);
        return made;
    }
}
