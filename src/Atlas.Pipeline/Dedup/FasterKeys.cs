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
