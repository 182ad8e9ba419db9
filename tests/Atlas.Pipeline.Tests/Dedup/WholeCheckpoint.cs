using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Dedup;

internal static class WholeCheckpoint
{
    /// <summary>A checkpoint, and the deletion of those that it makes superfluous. Nobody may add keys meanwhile.</summary>
    public static async Task<SeenCheckpoint> CheckpointAsync(this FasterSeenStore store, long highWater)
    {
        var made = await store.TakeCheckpointAsync(highWater);
        await store.KeepNewestTwoAsync(store.NewestTable!, made);
        return made;
    }
}
