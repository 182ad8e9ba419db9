namespace Atlas.Pipeline.Dedup;

/// <summary>A checkpoint whose content is decided and not yet durable.</summary>
/// <param name="Log">The name of the log's part.</param>
/// <param name="Count">Keys in it.</param>
/// <param name="Tail">The log's first byte that is not in it.</param>
internal sealed record FixedCheckpoint(Guid Log, WrittenTable Table, long Count, long Tail)
{
    public CheckpointNames Names => new(Log.ToString("N"), Table.Token.ToString("N"));
}
