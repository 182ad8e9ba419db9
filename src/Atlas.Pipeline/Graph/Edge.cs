namespace Atlas.Pipeline.Graph;

/// <summary>The queue in front of a stage: how full it is tells where the pipeline is slow.</summary>
/// <param name="Stage">The stage that the queue feeds.</param>
/// <param name="Capacity">Most batches or items it holds; the one before it waits then.</param>
/// <param name="Depth">How many it holds now, those being worked on included.</param>
internal sealed record Edge(string Stage, int Capacity, Func<int> Depth);
