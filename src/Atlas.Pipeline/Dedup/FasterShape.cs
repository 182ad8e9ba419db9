using System.Globalization;
using System.Numerics;
using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>How the settings become sizes of the index's memory and files, and the name of what must not differ between a checkpoint and its recovery.</summary>
internal static class FasterShape
{
    /// <summary>Bytes of one page of the log: small, so that little memory still holds enough pages.</summary>
    public const long PageBytes = 256 << 10;

    /// <summary>Bytes of one file of the log.</summary>
    public const long SegmentBytes = 1L << 30;

    /// <summary>What the index takes beside its table when all expected keys are in: buckets that overflow. 13.3 bytes in all were measured at 100 million keys.</summary>
    public const long OverflowBytesPerKey = 3;

    /// <summary>Raised when files, filter or hashes of a checkpoint change their meaning: 3 had SHA-256, 4 a filter for every checkpoint.</summary>
    private const string Version = "5/";

    private const long BytesPerExpectedKey = 10;
    private const long LeastIndexBytes = 64 << 10;

    /// <summary>An undersized index is four times slower without a word, so it has an entry for every expected key: a bucket of 64 bytes holds seven.</summary>
    public static long IndexBytes(DedupOptions options) =>
        (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(options.ExpectedUrls * BytesPerExpectedKey, LeastIndexBytes));

    /// <summary>The same name: the same layout of files and filter, and the same kind of hashes.</summary>
    public static string NameOf(DedupOptions options) => string.Create(CultureInfo.InvariantCulture,
        $"{Version}{IndexBytes(options)}/{PageBytes}/{SegmentBytes}/{options.ExpectedUrls}/{options.FalsePositiveRate}");

    /// <summary>Whether the checkpoint that a name stands in can be read, its settings aside.</summary>
    public static bool IsOfThisVersion(string name) => name.StartsWith(Version, StringComparison.Ordinal);

    /// <summary>The settings that a name was made from, as far as it tells; the defaults where it does not.</summary>
    public static DedupOptions OptionsOf(string name) =>
        name.Split('/') is [_, _, _, _, var urls, var rate]
        && long.TryParse(urls, NumberStyles.None, CultureInfo.InvariantCulture, out var expected) && expected > 0
        && double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1
            ? new DedupOptions { ExpectedUrls = expected, FalsePositiveRate = share }
            : new DedupOptions();

    public static FasterKVSettings<LogKey, long> SettingsFor(DedupOptions options, IDevice device, ICheckpointManager checkpoints) => new()
    {
        IndexSize = IndexBytes(options),
        LogDevice = device,
        PageSize = PageBytes,
        SegmentSize = SegmentBytes,
        MemorySize = (long)(BitOperations.RoundUpToPowerOf2((ulong)Math.Max(options.MemoryBytes, PageBytes * 16) + 1) / 2),
        CheckpointManager = checkpoints,
        EqualityComparer = new LogKeyComparer(),
        ConcurrencyControlMode = ConcurrencyControlMode.None,
        TryRecoverLatest = false,
    };
}
