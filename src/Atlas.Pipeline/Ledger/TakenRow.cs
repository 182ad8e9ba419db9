namespace Atlas.Pipeline.Ledger;

/// <summary>By what a URL that was taken from the backlog is found again.</summary>
/// <param name="Sequence">The ledger's number of the URL.</param>
/// <param name="Priority">Whose queue it stands in.</param>
internal readonly record struct TakenRow(long Sequence, PriorityClass Priority);
