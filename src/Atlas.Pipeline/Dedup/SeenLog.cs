using System.Buffers.Binary;

namespace Atlas.Pipeline.Dedup;

/// <summary>Reads the keys out of the files of an index that nobody has opened.</summary>
internal static class SeenLog
{
    /// <summary>The log's first record.</summary>
    private const long Begin = 64;

    /// <summary>The bit of a header that says that its record was written to the end.</summary>
    private const int ValidBit = 56;

    private const int RecordsPerRead = 32_768;

    /// <summary>Gives every key that a checkpoint covers.</summary>
    /// <param name="root">The index's directory.</param>
    /// <param name="disk">It lies there.</param>
    /// <param name="manifest">What the checkpoint consists of, verified.</param>
    /// <param name="visit">May get a key more than once.</param>
    public static void ScanKeys(string root, IDisk disk, SeenManifest manifest, Action<UInt128> visit)
    {
        var buffer = new byte[RecordsPerRead * LogRecords.Bytes];
        foreach (var stretch in manifest.Stretches.Where(stretch => SeenFiles.IsLog(stretch.Name)))
        {
            using var file = disk.OpenRead(Path.Combine(root, stretch.Name));
            var isFirst = stretch is { Start: 0, Name: "log.0" };
            for (var at = isFirst ? Begin : stretch.Start; at < stretch.Start + stretch.Length;)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, stretch.Start + stretch.Length - at));
                SeenFiles.ReadAll(file, stretch.Name, part, at);
                at += part.Length;
                for (; part.Length >= LogRecords.Bytes; part = part[LogRecords.Bytes..])
                {
                    if ((BinaryPrimitives.ReadUInt64LittleEndian(part) >> ValidBit & 1) != 0)
                        visit(new UInt128(BinaryPrimitives.ReadUInt64LittleEndian(part[16..]), BinaryPrimitives.ReadUInt64LittleEndian(part[8..])));
                }
            }
        }
    }
}
