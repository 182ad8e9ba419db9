using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Dedup;

/// <summary>The log as it lies on disk: records of 32 bytes (header, key, value), of which no page holds a part.</summary>
internal static class LogRecords
{
    /// <summary>Bytes of a record; divides a page, and the log's first record stands at a multiple of it.</summary>
    public const int Bytes = 32;

    /// <summary>
    /// The bits of a header that mean something only to the process that set them: locks, sealed, dirty. FASTER clears them when it recovers a page, and the next flush
    /// writes the tail's sector again, so that records below a checkpoint's tail change on disk in these bits and in no others.
    /// </summary>
    private const ulong PassingMarks = (0x7FUL << 48) | (1UL << 57) | (1UL << 59);

    /// <summary>Makes equal what means the same, in bytes that begin where a record begins.</summary>
    public static void MaskPassingMarks(Span<byte> log)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(log);
        for (var header = 0; header < words.Length; header += Bytes / sizeof(ulong))
            words[header] &= ~PassingMarks;
    }
}
