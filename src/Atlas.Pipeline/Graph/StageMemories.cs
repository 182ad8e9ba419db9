using System.Globalization;
using System.Numerics;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>What each kind of stage makes of its share of <c>memory</c>. What the user has set stays.</summary>
internal static class StageMemories
{
    /// <summary>A connection with its buffers and TLS, and a body of a usual size.</summary>
    private const long BytesOfRequest = 256 << 10;

    private const int BytesOfKey = 16;
    private const long BytesOfRecord = 32;

    /// <summary>A smaller table of recent keys is not worth its look.</summary>
    private const int LeastRecentKeys = 4_096;
    private const long LeastLogBytes = 4L << 20;
    private const long EnoughLogBytes = 16L << 20;
    private const int LeastItems = 128;
    private const int LeastGroupBytes = 64 << 10;

    public static StageMemory Dedup { get; } = new(FitDedup, PartsOfDedup, AdviseDedup);

    public static StageMemory Buffer { get; } = new(FitBuffer, static (options, hasLedger) => [("", HeldBytes.OfBuffer(options, hasLedger))], static (_, _, _) => null);

    public static StageMemory Fetch { get; } = new(FitFetch, static (options, _) => PartsOfFetch((FetchOptions)options), static (_, _, _) => null);

    public static StageMemory Persist { get; } = new(FitPersist, static (options, hasLedger) => [("", HeldBytes.OfPersist(options, hasLedger))], static (_, _, _) => null);

    private static DedupOptions FitDedup(object options, bool hasLedger, long most)
    {
        var dedup = (DedupOptions)options;
        var (fitsRecent, fitsLog) = (!dedup.Given.Contains("recent_keys"), hasLedger && !dedup.Given.Contains("memory_bytes"));
        dedup = dedup with { RecentKeys = fitsRecent ? 0 : dedup.RecentKeys, MemoryBytes = fitsLog ? LeastLogBytes : dedup.MemoryBytes };
        var left = most - PartsOfDedup(dedup, hasLedger).Sum(part => part.Bytes);
        if (fitsRecent && left > 0)
        {
            var keys = (int)Math.Min(LargestPowerOfTwo(left / 4 / BytesOfKey), LargestPowerOfTwo(2L * new DedupOptions().RecentKeys));
            dedup = dedup with { RecentKeys = keys < LeastRecentKeys ? 0 : keys };
            left -= dedup.RecentKeys * (long)BytesOfKey;
        }

        // The log is of use up to all keys that are expected.
        if (fitsLog && left > 0)
            dedup = dedup with { MemoryBytes = Math.Clamp(LargestPowerOfTwo(left + LeastLogBytes), LeastLogBytes, Math.Max(EnoughLogBytes, 2 * LargestPowerOfTwo(dedup.ExpectedUrls * BytesOfRecord))) };
        return dedup;
    }

    private static IReadOnlyList<(string Part, long Bytes)> PartsOfDedup(object options, bool hasLedger)
    {
        var dedup = (DedupOptions)options;
        var recent = dedup.RecentKeys == 0 ? 0 : (long)BitOperations.RoundUpToPowerOf2((uint)dedup.RecentKeys) * BytesOfKey;
        return hasLedger
            ? [("index", FasterShape.IndexBytes(dedup) + (dedup.ExpectedUrls * FasterShape.OverflowBytesPerKey)), ("filter", BloomFilter.BytesFor(dedup.ExpectedUrls, dedup.FalsePositiveRate)), ("log", dedup.MemoryBytes), ("recent keys", recent)]
            : [("table", HeldBytes.OfDedup(dedup with { RecentKeys = 0 }, hasLedger)), ("recent keys", recent)];
    }

    /// <summary>The most URLs that would fit, found by halving: what they take never falls as they grow.</summary>
    private static string? AdviseDedup(object options, bool hasLedger, long most)
    {
        var dedup = (DedupOptions)options;
        long low = 0, high = dedup.ExpectedUrls;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (PartsOfDedup(dedup with { ExpectedUrls = middle }, hasLedger).Sum(part => part.Bytes) <= most)
                low = middle;
            else
                high = middle - 1;
        }

        return low == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"expected_urls to {low} or less");
    }

    private static BufferOptions FitBuffer(object options, bool hasLedger, long most)
    {
        var buffer = (BufferOptions)options;
        if (buffer.CapacityIsGiven)
            return buffer;
        var fixedBytes = HeldBytes.OfBuffer(buffer with { Capacity = 0 }, hasLedger);
        var perItem = HeldBytes.OfBuffer(buffer with { Capacity = 1 }, hasLedger) - fixedBytes;
        return buffer with { Capacity = (int)Math.Clamp((most - fixedBytes) / perItem, LeastItems, new BufferOptions().Capacity) };
    }

    private static FetchOptions FitFetch(object options, bool hasLedger, long most)
    {
        var fetch = (FetchOptions)options;
        return fetch.RobotsCacheIsGiven
            ? fetch
            : fetch with { RobotsCacheBytes = Math.Clamp(most - (fetch.Concurrency * BytesOfRequest), FetchOptions.LeastRobotsCacheBytes, new FetchOptions().RobotsCacheBytes) };
    }

    private static IReadOnlyList<(string Part, long Bytes)> PartsOfFetch(FetchOptions fetch)
    {
        var requests = ("", fetch.Concurrency * BytesOfRequest);
        return fetch.Robots ? [requests, ("robots.txt", fetch.RobotsCacheBytes)] : [requests];
    }

    private static PersistOptions FitPersist(object options, bool hasLedger, long most)
    {
        var persist = (PersistOptions)options;
        return persist.GroupIsGiven ? persist : persist with { GroupBytes = (int)Math.Clamp(most / 2, LeastGroupBytes, new PersistOptions().GroupBytes) };
    }

    private static long LargestPowerOfTwo(long atMost) => atMost < 1 ? 0 : 1L << BitOperations.Log2((ulong)atMost);
}
