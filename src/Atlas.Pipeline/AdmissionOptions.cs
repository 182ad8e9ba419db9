using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline;

/// <summary>The settings of <c>admission</c>: how lines are gathered on their way into the ledger.</summary>
internal sealed record AdmissionOptions
{
    /// <summary>Rows of the smallest group that is committed at once when commits are slow; 256 by default.</summary>
    public int MinBatch { get; init; } = 256;

    /// <summary>Rows of the largest; 4,096 by default.</summary>
    public int MaxBatch { get; init; } = 4_096;

    /// <summary>What a group may take; 50 ms by default.</summary>
    public TimeSpan CommitTime { get; init; } = TimeSpan.FromMilliseconds(50);

    internal static AdmissionOptions Read(SettingsReader yaml)
    {
        var options = new AdmissionOptions
        {
            MinBatch = yaml.Int32("min_batch", "Rows of the smallest group that one commit takes when commits are slow. What comes alone is committed alone.", min: 1, max: 65_536, or: 256),
            MaxBatch = yaml.Int32("max_batch", "Rows of the largest group that one commit takes. The same as min_batch switches adapting off.", min: 1, max: 65_536, or: 4_096),
            CommitTime = yaml.Milliseconds("commit_ms", "Milliseconds that writing and committing a group should take at most: groups get smaller until they do, as far as the disk allows.", min: 1, max: 60_000, or: 50),
        };
        if (options.MinBatch > options.MaxBatch)
            yaml.Report("min_batch", $"must be at most max_batch, which is {options.MaxBatch}.");
        return options;
    }
}
