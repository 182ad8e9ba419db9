using System.Threading.Tasks.Dataflow;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>Makes the blocks of the work half: one message is one item with the verdict it has so far.</summary>
/// <remarks>
/// Items that an earlier stage gave up on pass through the later ones untouched, so every item reaches the end of the chain by one way, where its verdict is settled.
/// Cancellation reaches the stage's I/O, never the block. Order is not kept: one slow page must not hold up those behind it.
/// </remarks>
internal sealed class WorkBlocks(Seams seams, RunFailure failure, UnexpectedErrors unexpected, CancellationToken abort)
{
    /// <summary>A block around a stage that acts on items.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="definition">Its name and its room for waiting items.</param>
    /// <param name="workers">Items at once.</param>
    /// <param name="meter">What it has done.</param>
    /// <param name="left">Called with every item, and what was decided, before it goes on.</param>
    /// <param name="enter">What an item waits for before the stage acts on it; false sends it back to the queue.</param>
    public TransformBlock<Verdict, Verdict> Acting(IWorkStage stage, StageDefinition definition, int workers, StageMeter meter, Action<Verdict>? left = null, Func<WorkItem, ValueTask<bool>>? enter = null) =>
        new(async verdict =>
        {
            var decided = verdict;
            if (verdict.Fate == Fate.Forward)
            {
                // On its way, so not finished: at the end of the chain a verdict to go forward says that it is.
                if (abort.IsCancellationRequested || failure.HasHappened || (enter is not null && !await MayEnterAsync(enter, verdict.Item)))
                {
                    decided = Verdict.Interrupted(verdict.Item);
                }
                else
                {
                    var start = seams.Time.GetTimestamp();
                    decided = await ActAsync(stage, verdict.Item, definition.Name);
                    meter.Count(decided.Fate, seams.Time.GetTimestamp() - start);
                }
            }

            left?.Invoke(decided);
            return decided;
        },
        new()
        {
            BoundedCapacity = workers + definition.Capacity,
            MaxDegreeOfParallelism = workers,
            EnsureOrdered = false,
            TaskScheduler = seams.Scheduler,
        });

    /// <summary>The end of the chain.</summary>
    public ActionBlock<Verdict> Settling(Func<Verdict, Task> settle, int workers) =>
        new(async verdict =>
        {
            try
            {
                await settle(verdict);
            }
            catch (Exception error)
            {
                failure.Report(error);
            }
        },
        new()
        {
            BoundedCapacity = workers,
            MaxDegreeOfParallelism = workers,
            EnsureOrdered = false,
            TaskScheduler = seams.Scheduler,
        });

    private async ValueTask<bool> MayEnterAsync(Func<WorkItem, ValueTask<bool>> enter, WorkItem item)
    {
        try
        {
            return await enter(item);
        }
        catch (IOException error)
        {
            failure.Report(error);
            return false;
        }
    }

    private async ValueTask<Verdict> ActAsync(IWorkStage stage, WorkItem item, string name)
    {
        try
        {
            return await stage.ProcessAsync(item, abort);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return Verdict.Interrupted(item);
        }
        catch (Exception error) when (error is IOException or LedgerException or OutOfMemoryException)
        {
            // Our own disk or memory, not the host's fault: the item goes back to the queue and the run ends.
            failure.Report(new StageFailedException(name, error));
            return Verdict.Interrupted(item);
        }
        catch (Exception error)
        {
            unexpected.Note(error);
            return Verdict.Failed(item, Reason.Unexpected, $"{error.GetType().Name} in stage '{name}': {error.Message}");
        }
    }
}
