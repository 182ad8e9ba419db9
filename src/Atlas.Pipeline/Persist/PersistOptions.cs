using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Persist;

/// <summary>How bodies are gathered and where one file of them ends.</summary>
internal sealed record PersistOptions
{
    /// <summary>Bytes a segment file may hold; a body that does not fit begins the next one. 256 MiB by default.</summary>
    public long SegmentBytes { get; init; } = 268_435_456;

    /// <summary>The longest a body waits for others before its group is written; 5 ms by default.</summary>
    public TimeSpan GroupTime { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Bytes of bodies in one group, and the size of each of the two buffers; 4 MiB by default. A larger body is a group of its own.</summary>
    public int GroupBytes { get; init; } = 4_194_304;

    /// <summary>Whether <see cref="GroupBytes"/> is what the user has set.</summary>
    public bool GroupIsGiven { get; init; }

    /// <summary>Whether full segments are compressed while the run has nothing better to do; true by default.</summary>
    public bool Compresses { get; init; } = true;

    internal static PersistOptions Read(SettingsReader yaml) => new()
    {
        GroupIsGiven = yaml.Has("group_bytes"),
        SegmentBytes = yaml.Int64("segment_bytes", "Bytes one segment file may hold; a body that does not fit begins the next one.",
            min: 1 << 20, max: 1L << 32, or: 268_435_456),
        GroupTime = yaml.Milliseconds("group_ms", "Milliseconds a body waits for others, so that one sync serves them all.", min: 1, max: 1_000, or: 5),
        GroupBytes = yaml.Int32("group_bytes", "Bytes of bodies that are written at once without waiting any longer; a larger body is written alone.",
            min: 4_096, max: 1 << 28, or: 4_194_304),
        Compresses = yaml.Boolean("compress", "Whether full segments are compressed, with what the processors have left. Bodies that are compressed can be read either way.", or: true),
    };
}
