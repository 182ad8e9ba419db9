using System.Threading.Tasks.Dataflow;

namespace Atlas.Pipeline.Graph;

/// <summary>Joins blocks so that nothing is lost or stuck where several meet.</summary>
internal static class Links
{
    /// <summary>Lets everything that one block gives flow into another. Completion is a matter of its own: see <see cref="CompleteAfter"/>.</summary>
    /// <remarks>There is no filter: a message that no link takes would block all that follow it for ever.</remarks>
    public static void Flow<T>(ISourceBlock<T> from, ITargetBlock<T> to) =>
        from.LinkTo(to, new DataflowLinkOptions { PropagateCompletion = false });

    /// <summary>Completes a block when all that feed it have ended.</summary>
    /// <remarks>With PropagateCompletion the first feeder that ends would complete the block, and what the others still bring would be refused (dotnet/runtime issue 78772).</remarks>
    public static void CompleteAfter(IDataflowBlock block, IEnumerable<Task> feeders) =>
        _ = Task.WhenAll(feeders).ContinueWith(
            static (_, state) => ((IDataflowBlock)state!).Complete(),
            block,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
