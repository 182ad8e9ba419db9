using System.Numerics;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Redirects;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>What the stages hold in memory beside batches, from their settings, in bytes.</summary>
internal static class HeldBytes
{
    /// <summary>An item with a URL of about 200 characters: the object, its two strings, its places in the heaps. And for every one that is held, those that may be held by number, and the hosts.</summary>
    private const long Item = 1024 + BufferFeed.RememberedBytesPerHeld + (BufferFeed.HostsPerHeld * 600);

    private const int BytesOfKey = 16;

    /// <summary>Batches that the ledger's writer has waiting and in its group.</summary>
    private const long BatchesInLedger = 64 + 64;

    /// <summary>The filter, the table of recent keys and the index; without a ledger a table of all keys, at its lowest load, in place of filter and index.</summary>
    public static long OfDedup(object options, bool hasLedger)
    {
        var dedup = (DedupOptions)options;
        var recent = dedup.RecentKeys == 0 ? 0 : (long)BitOperations.RoundUpToPowerOf2((uint)dedup.RecentKeys) * BytesOfKey;
        return recent + (hasLedger
            ? BloomFilter.BytesFor(dedup.ExpectedUrls, dedup.FalsePositiveRate) + FasterShape.IndexBytes(dedup) + dedup.MemoryBytes
            : dedup.ExpectedUrls * BytesOfKey * 8 / 3);
    }

    /// <summary>What a checkpoint of the dedup index writes beside the end of its log.</summary>
    public static long OfCheckpoint(DedupOptions dedup) => BloomFilter.BytesFor(dedup.ExpectedUrls, dedup.FalsePositiveRate) + FasterShape.IndexBytes(dedup);

    /// <summary>Items that wait for their turn, what the ledger has taken and not committed, and the batches of redirects' targets.</summary>
    public static long OfBuffer(object options, bool hasLedger) =>
        (((BufferOptions)options).Capacity * Item) + ((BatchesInLedger + RedirectTargets.AtOnce) * MemoryBound.BytesOfBatch);

    /// <summary>The buffers of two groups, and what packing takes.</summary>
    public static long OfPersist(object options, bool hasLedger) => (2L * ((PersistOptions)options).GroupBytes) + (((PersistOptions)options).Compresses ? PackWriter.HeldBytes : 0);
}
