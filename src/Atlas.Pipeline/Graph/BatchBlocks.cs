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
    /// <summary>A block around a stage that decides on rows in place.</summary>
    /// <remarks>A stage that never waits has a block without tasks: dataflow makes three objects for each message of the other kind.</remarks>
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
