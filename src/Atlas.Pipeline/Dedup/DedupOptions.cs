using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Dedup;

/// <summary>The settings of a dedup stage.</summary>
internal sealed record DedupOptions
{
    /// <summary>Distinct URLs that the index and the filter are sized for; more still fit, and cost time.</summary>
    public long ExpectedUrls { get; init; } = 1_000_000;

    /// <summary>The Bloom filter's promise, as a share.</summary>
    public double FalsePositiveRate { get; init; } = 0.01;

    /// <summary>Keys in the table of recent keys, 16 bytes each; 0 switches it off.</summary>
    public int RecentKeys { get; init; } = 4_000_000;

    /// <summary>Bytes of the index's log that stay in memory.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>New keys between two checkpoints of the index.</summary>
    public long CheckpointEveryUrls { get; init; } = 2_000_000;

    /// <summary>The settings that the user has written.</summary>
    public IReadOnlySet<string> Given { get; init; } = new HashSet<string>();

    internal static DedupOptions Read(SettingsReader yaml) => new()
    {
        Given = yaml.Written,
        ExpectedUrls = yaml.Int64("expected_urls", "Distinct URLs over the pipeline's life that index and filter are sized for; more still fit and cost time.", min: 1, max: 1_000_000_000, or: 1_000_000),
        FalsePositiveRate = yaml.Double("false_positive_rate", "Share of new URLs that the Bloom filter may have to look up in the index; costs time, never a URL.", above: 0, below: 1, or: 0.01),
        RecentKeys = yaml.Int32("recent_keys", "URLs in the table of recent ones, 16 bytes of memory each; 0 switches it off.", min: 0, max: Dedup.RecentKeys.MostKeys, or: 4_000_000),
        MemoryBytes = yaml.Int64("memory_bytes", "Bytes of the index's log kept in memory, rounded down to a power of two; older parts are read from disk.", min: 4L << 20, max: 64L << 30, or: 256L << 20),
        CheckpointEveryUrls = yaml.Int64("checkpoint_every_urls", "New URLs between two checkpoints of the index; fewer make a start after a crash faster.", min: 1, or: 2_000_000),
    };
}
