namespace Atlas.Pipeline.Dedup;

/// <summary>The names of one checkpoint's parts, 32 lower-case hexadecimal digits each.</summary>
/// <param name="Token">The log's part, and the whole.</param>
/// <param name="IndexToken">The hash table's; several checkpoints may share one.</param>
internal sealed record CheckpointNames(string Token, string IndexToken)
{
    public static CheckpointNames Of(SeenManifest manifest) => new(manifest.Token, manifest.IndexToken);

    public bool Has(string name) => name == Token || name == IndexToken;
}
