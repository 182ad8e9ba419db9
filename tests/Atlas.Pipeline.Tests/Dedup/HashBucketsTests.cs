using System.Runtime.Intrinsics.X86;
using Atlas.Pipeline.Dedup;
using FASTER.core;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class HashBucketsTests
{
    /// <summary>Should an update of FASTER move its table, nothing breaks and the speed is gone: this says so.</summary>
    [Fact]
    public void The_buckets_of_this_version_of_the_index_are_found()
    {
        using var device = new NullDevice();
        using var index = new FasterKV<LogKey, long>(1024, new LogSettings { LogDevice = device, PageSizeBits = 12, MemorySizeBits = 16 }, comparer: new LogKeyComparer());

        var buckets = new HashBuckets(index);

        Assert.Equal(Sse.IsSupported, buckets.AreKnown);
        buckets.Prefetch(UInt128.MaxValue);
    }
}
