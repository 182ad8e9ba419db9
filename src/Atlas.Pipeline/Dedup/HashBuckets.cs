using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>Where the index's hash buckets lie, to fetch those of a batch into the cache before they are asked for one by one, and to have them on huge pages.</summary>
/// <remarks>
/// The index has no such call, so its table is found by the address that it hands to a device when it writes itself, through one method of its own that is not public.
/// A prefetch cannot fault: should another version of FASTER lay its table out otherwise, or lack the method, the gain is lost and nothing else.
/// </remarks>
internal sealed unsafe class HashBuckets
{
    private const long BytesPerBucket = 64;

    /// <summary>The version of a table that was never resized.</summary>
    private const int FirstVersion = 0;

    private readonly byte* _table;
    private readonly ulong _mask;

    /// <param name="index">Not used by anybody else meanwhile, and not resized later.</param>
    public HashBuckets(FasterKV<LogKey, long> index)
    {
        try
        {
            using var table = new AddressTaker();
            using var overflow = new AddressTaker();
            WriteIndex(index, FirstVersion, table, out var bytes, overflow, out _, out _);
            if (!Sse.IsSupported || bytes != (ulong)(index.IndexSize * BytesPerBucket))
                return;
            _table = (byte*)table.Address;
            _mask = (ulong)index.IndexSize - 1;
            HugePages.AskFor(_table, index.IndexSize * BytesPerBucket);
            HugePages.Touch(_table, index.IndexSize * BytesPerBucket);
        }
        catch (MissingMemberException)
        {
            // Another FASTER: it works as well, and slower.
        }
    }

    /// <summary>Whether the table was found.</summary>
    public bool AreKnown => _table is not null;

    public void Prefetch(UInt128 key)
    {
        if (_table is not null)
            Sse.Prefetch0(_table + (((ulong)key & _mask) * BytesPerBucket));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "TakeIndexFuzzyCheckpoint")]
    private static extern void WriteIndex(FasterBase index, int version, IDevice device, out ulong bytes, IDevice overflow, out ulong overflowBytes, out int overflowBuckets);

    /// <summary>A device that writes nothing and remembers from where it should have.</summary>
    private sealed class AddressTaker() : StorageDeviceBase("none", 512, Devices.CAPACITY_UNSPECIFIED)
    {
        public nint Address { get; private set; }

        public override void WriteAsync(nint sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
        {
            if (destinationAddress == 0)
                Address = sourceAddress;
            callback(0, numBytesToWrite, context);
        }

        public override void ReadAsync(int segmentId, ulong sourceAddress, nint destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context) =>
            throw new NotSupportedException();

        public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result) => throw new NotSupportedException();

        public override void Dispose()
        {
        }
    }
}
