namespace Atlas.Pipeline.Graph;

/// <summary>A stage failed in a way that is not about one URL: its disk, its memory, a bug. The run ends.</summary>
internal sealed class StageFailedException(string stage, Exception cause)
    : Exception($"Stage '{stage}' failed: {cause.Message}", cause)
{
    /// <summary>The stage's name in the YAML.</summary>
    public string Stage { get; } = stage;
}
