using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Sources;
using Atlas.Pipeline.Topology;
using Atlas.Urls;

namespace Atlas.Pipeline.Fsck;

/// <summary>What to check. Without the pipeline's file nobody knows its sources' paths and by which lists its URLs were spelt: then these are not looked at.</summary>
internal sealed record FsckOptions
{
    public required string StateDirectory { get; init; }

    /// <summary>Whether what can be rebuilt is.</summary>
    public bool Repairs { get; init; }

    /// <summary>The sizes of the index; null to take those it was made with.</summary>
    public DedupOptions? Dedup { get; init; }

    /// <summary>How the pipeline spells URLs; null when nobody knows.</summary>
    public CanonicalizationRules? Rules { get; init; }

    public IReadOnlyList<TailedPaths> Tails { get; init; } = [];

    /// <summary>The state of a pipeline that has one.</summary>
    public static FsckOptions Of(PipelineDefinition pipeline, bool repairs) => new()
    {
        StateDirectory = pipeline.StateDirectory!,
        Repairs = repairs,
        Dedup = pipeline.Stages.Select(stage => stage.Options).OfType<DedupOptions>().FirstOrDefault(),
        Rules = pipeline.Stages.Select(stage => stage.Options).OfType<NormalizeOptions>().FirstOrDefault()?.Rules,
        Tails = pipeline.Sources.Where(source => source.Options is FileTailOptions)
            .Select(source => new TailedPaths(source.Name, ((FileTailOptions)source.Options).Paths)).ToList(),
    };
}
