using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Dedup;

internal static class WholeCheckpoint
{
    /// <summary>All parts of a checkpoint, one after the other. Nobody may add keys meanwhile.</summary>
    public static async Task<SeenCheckpoint> CheckpointAsync(this FasterSeenStore store, long highWater) =>
        await store.SealCheckpointAsync(await store.FixCheckpointAsync(await store.BeginCheckpointAsync()), highWater);
}
