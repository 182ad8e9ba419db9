using System.Collections.Concurrent;

namespace Atlas.Pipeline;

/// <summary>Batches are large and pinned, so they are made once and go round. How many exist is bounded by the capacities of the graph's edges.</summary>
internal sealed class UrlBatchPool
{
    private readonly ConcurrentQueue<UrlBatch> _idle = new();

    /// <summary>Finds how many lines a source puts into a batch; without it, as many as there is room for.</summary>
    public BatchSize? Size { get; init; }

    public UrlBatch Rent() => _idle.TryDequeue(out var batch) ? batch : new UrlBatch(this);

    internal void Return(UrlBatch batch)
    {
        batch.Reset();
        _idle.Enqueue(batch);
    }
}
