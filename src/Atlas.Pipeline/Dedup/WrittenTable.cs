namespace Atlas.Pipeline.Dedup;

/// <summary>A hash table as a checkpoint has it.</summary>
/// <param name="Token">Its name.</param>
/// <param name="Count">Keys known when it was begun.</param>
/// <param name="Tail">Where the log ended then.</param>
/// <param name="End">Where the log ended when it was written, or later: it may name any record before that, so that no checkpoint that has it ends earlier.</param>
/// <param name="Filter">The stretches of the filter that was saved with it.</param>
internal sealed record WrittenTable(Guid Token, long Count, long Tail, long End, IReadOnlyList<SealedStretch> Filter);
