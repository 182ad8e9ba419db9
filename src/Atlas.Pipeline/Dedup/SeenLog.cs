using System.Buffers.Binary;

namespace Atlas.Pipeline.Dedup;

/// <summary>Reads the keys out of the files of an index that nobody has opened.</summary>
internal static class SeenLog
{
    /// <summary>The log's first record.</summary>
    private const long Begin = 64;

    /// <summary>The bit of a header that says that its record was written to the end.</summary>
    private const int ValidBit = 56;

    /// <summary>Gives every key that stands between two addresses of the log.</summary>
    /// <param name="files">They lie there, verified.</param>
    /// <param name="from">The first address.</param>
    /// <param name="until">The first that is not asked for.</param>
    /// <param name="visit">May get a key more than once.</param>
    public static void ScanKeys(SeenFiles files, long from, long until, Action<UInt128> visit) =>
        files.ReadLog(Math.Max(from, Begin), until, part =>
        {
            for (; part.Length >= LogRecords.Bytes; part = part[LogRecords.Bytes..])
            {
                if ((BinaryPrimitives.ReadUInt64LittleEndian(part) >> ValidBit & 1) != 0)
                    visit(new UInt128(BinaryPrimitives.ReadUInt64LittleEndian(part[16..]), BinaryPrimitives.ReadUInt64LittleEndian(part[8..])));
            }
        });
}
