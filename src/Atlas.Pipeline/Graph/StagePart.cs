namespace Atlas.Pipeline.Graph;

/// <summary>A working source or stage, in the shape that the graph links: one of the five below.</summary>
internal abstract record StagePart;

/// <summary>Reads batches and sends them on until its input ends or the token asks it to stop; what was read is sent.</summary>
/// <param name="Run">Gets where to send (false: nobody takes any more, stop) and the token that starts the drain.</param>
internal sealed record SourcePart(Func<Func<UrlBatch, Task<bool>>, CancellationToken, Task> Run) : StagePart;

/// <summary>Decides on batches in place.</summary>
/// <param name="Stage">The stage.</param>
internal sealed record DecidingPart(IBatchStage Stage) : StagePart;

/// <summary>Splits batches over outputs.</summary>
/// <param name="Outputs">The outputs' names; null is the main one.</param>
/// <param name="Split">Puts what goes to output i into place i, or null; what it does not hand on it has released.</param>
internal sealed record RoutingPart(IReadOnlyList<string?> Outputs, Action<UrlBatch, UrlBatch?[]> Split) : StagePart;

/// <summary>Takes batches and ends their way: writes them out, or admits them to the ledger. Releases each.</summary>
/// <param name="Take">Takes one batch.</param>
internal sealed record EndingPart(Func<UrlBatch, ValueTask> Take) : StagePart;

/// <summary>Acts on items after the ledger.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Workers">How many items it works on at once.</param>
internal sealed record ActingPart(IWorkStage Stage, int Workers) : StagePart
{
    /// <summary>Called with every item that has left the stage, whatever became of it.</summary>
    public Action<Verdict>? Left { get; init; }
}
