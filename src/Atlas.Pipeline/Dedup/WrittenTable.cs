namespace Atlas.Pipeline.Dedup;

/// <summary>A hash table as a checkpoint has it.</summary>
/// <param name="Token">Its name.</param>
/// <param name="Count">Keys known when it was begun.</param>
internal sealed record WrittenTable(Guid Token, long Count);
