using System.Runtime.InteropServices;
using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>A directory of its own, deleted afterwards, and keys from a seed.</summary>
internal sealed class DedupTestBed : IDisposable
{
    public static readonly DedupOptions Small = new() { ExpectedUrls = 20_000, MemoryBytes = 4 << 20, RecentKeys = 1000 };

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("dedup-").FullName;

    public string Seen => Path.Combine(Directory, "seen");

    public static UInt128[] Keys(int count, int seed)
    {
        var keys = new UInt128[count];
        new Random(seed).NextBytes(MemoryMarshal.AsBytes(keys.AsSpan()));
        return keys;
    }

    /// <summary>Adds all keys batch by batch and says how many were new.</summary>
    public static int AddAll(ISeenStore store, ReadOnlySpan<UInt128> keys)
    {
        var isNew = new bool[UrlBatch.MaxRows];
        var added = 0;
        for (; keys.Length > 0; keys = keys[Math.Min(keys.Length, UrlBatch.MaxRows)..])
        {
            var batch = keys[..Math.Min(keys.Length, UrlBatch.MaxRows)];
            store.AddIfAbsent(batch, isNew);
            added += isNew.AsSpan(0, batch.Length).Count(true);
        }

        return added;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
