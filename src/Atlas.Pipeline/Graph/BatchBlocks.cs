using System.Threading.Tasks.Dataflow;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>Makes the blocks of the admission half: one message is one batch.</summary>
/// <remarks>
/// Every block is bounded. None has a cancellation token: a cancelled block throws away what it holds. Nothing throws inside one (see <see cref="RunFailure"/>).
/// Order is kept: a filter pipeline promises it, and with batches it costs nothing that can be measured.
/// </remarks>
internal sealed class BatchBlocks(Seams seams, RunFailure failure)
{
    /// <summary>A block around a stage that decides on rows in place, on several batches at once if it is told to.</summary>
    public TransformBlock<UrlBatch, UrlBatch> Deciding(IBatchStage stage, StageDefinition definition, StageMeter meter)
    {
        if (!stage.NeverWaits)
            return new(batch => DecideOrReportAsync(stage, definition, batch, meter).AsTask(), Options(definition, definition.Parallelism));

        return new(
            batch =>
            {
                var deciding = DecideOrReportAsync(stage, definition, batch, meter);
                return deciding.IsCompletedSuccessfully ? deciding.Result : deciding.AsTask().GetAwaiter().GetResult();
            },
            Options(definition, definition.Parallelism));
    }

    /// <summary>Two blocks around a stage that may wait while it decides: one batch at a time; what is decided stands in the second until it is taken.</summary>
    /// <remarks>
    /// A TransformBlock around a task makes four objects for each message, waited for or not; these make none while nobody waits.
    /// Without the second block the stage would stand still whenever its taker is full, and with it one of two cores. They share the stage's capacity.
    /// </remarks>
    public (ActionBlock<UrlBatch> Deciding, BufferBlock<UrlBatch> Decided) DecidingOneByOne(IBatchStage stage, StageDefinition definition, StageMeter meter)
    {
        var ready = Math.Max(1, definition.Capacity / 2);
        var decided = new BufferBlock<UrlBatch>(new DataflowBlockOptions { BoundedCapacity = ready, TaskScheduler = seams.Scheduler });
        var deciding = Ending(
            async batch =>
            {
                await DecideAsync(stage, batch, meter);
                await decided.SendAsync(batch);
            },
            definition with { Capacity = Math.Max(1, definition.Capacity - ready) });
        Links.CompleteAfter(decided, [deciding.Completion]);
        return (deciding, decided);
    }

    /// <summary>A block that hands each batch to one consumer, which releases it or passes it on.</summary>
    public ActionBlock<UrlBatch> Ending(Func<UrlBatch, ValueTask> take, StageDefinition definition) =>
        new(async batch =>
        {
            if (failure.HasHappened)
                return;
            try
            {
                await take(batch);
            }
            catch (Exception error)
            {
                failure.Report(new StageFailedException(definition.Name, error));
            }
        },
        Options(definition, parallelism: 1));

    private ExecutionDataflowBlockOptions Options(StageDefinition definition, int parallelism) => new()
    {
        BoundedCapacity = Math.Max(definition.Capacity, parallelism),
        MaxDegreeOfParallelism = parallelism,
        EnsureOrdered = true,
        TaskScheduler = seams.Scheduler,
    };

    private async ValueTask<UrlBatch> DecideOrReportAsync(IBatchStage stage, StageDefinition definition, UrlBatch batch, StageMeter meter)
    {
        if (failure.HasHappened)
            return batch;
        try
        {
            await DecideAsync(stage, batch, meter);
        }
        catch (Exception error)
        {
            failure.Report(new StageFailedException(definition.Name, error));
        }

        return batch;
    }

    private async ValueTask DecideAsync(IBatchStage stage, UrlBatch batch, StageMeter meter)
    {
        var (taken, droppedBefore) = Count(batch);
        var start = seams.Time.GetTimestamp();
        await stage.ProcessAsync(batch);
        var busy = seams.Time.GetTimestamp() - start;
        var (forwarded, dropped) = Count(batch);
        dropped -= droppedBefore;
        meter.Count(taken, forwarded, dropped, taken - forwarded - dropped, busy);
    }

    private static (int Forwarded, int Dropped) Count(UrlBatch batch)
    {
        int forwarded = 0, dropped = 0;
        foreach (ref readonly var row in batch.ActiveRows)
        {
            forwarded += row.Fate == Fate.Forward ? 1 : 0;
            dropped += row.Fate == Fate.Drop ? 1 : 0;
        }

        return (forwarded, dropped);
    }
}
