using System.Globalization;
using System.Runtime.CompilerServices;

namespace Atlas.Pipeline.Topology;

/// <summary>What a pipeline's own queues and tables take when they are full, as far as its settings say. Bodies on their way to the disk and the runtime itself come on top.</summary>
/// <param name="Batches">Batches before the ledger: all queues full, those being worked on included.</param>
/// <param name="Tables">What the kinds hold beside batches, by stage, in bytes: <see cref="StageKind.HeldBytes"/>.</param>
/// <param name="HasBodies">Whether something is fetched.</param>
internal sealed record MemoryBound(long Batches, IReadOnlyList<(string Stage, long Bytes)> Tables, bool HasBodies)
{
    /// <summary>Text, canonical forms and rows of one batch. One whose canonical forms outgrow its text takes up to three times as much until it is released.</summary>
    public static long BytesOfBatch { get; } = (2L * UrlBatch.TextCapacity) + ((long)UrlBatch.MaxRows * Unsafe.SizeOf<UrlRow>());

    /// <summary>Bytes in all.</summary>
    public long Bytes => (Batches * BytesOfBatch) + Tables.Sum(table => table.Bytes);

    /// <summary>The same for people.</summary>
    public string Sentence
    {
        get
        {
            var tables = string.Concat(Tables.Select(table => $", {table.Stage} {Mebibytes(table.Bytes)}"));
            return $"Full queues and tables take about {Mebibytes(Bytes)}: {Batches} batches {Mebibytes(Batches * BytesOfBatch)}{tables}.{(HasBodies ? " Bodies on their way to the disk come on top." : "")}";
        }
    }

    public static MemoryBound Of(PipelineDefinition pipeline)
    {
        // A source fills one batch. What a stage is at work on counts in its capacity. The tee behind a stage with several takers holds one more and makes a copy for each of them.
        long batches = pipeline.Sources.Count;
        foreach (var stage in pipeline.Stages.Where(stage => stage.Kind.Takes == Port.Urls))
            batches += Math.Max(stage.Capacity, stage.Parallelism);
        foreach (var giver in pipeline.Sources.Concat(pipeline.Stages).Where(stage => stage.Kind.Gives == Port.Urls))
        {
            var takers = pipeline.Stages.Sum(stage => stage.From.Count(link => link.From == giver.Name));
            batches += takers > 1 ? 1 + takers : 0;
        }

        var hasLedger = pipeline.Stages.Any(stage => stage.Kind.Role == StageRole.Buffer);
        var tables = pipeline.Stages
            .Select(stage => (stage.Name, Bytes: stage.Kind.HeldBytes?.Invoke(stage.Options, hasLedger) ?? 0))
            .Where(table => table.Bytes > 0)
            .ToList();
        return new MemoryBound(batches, tables, pipeline.Stages.Any(stage => stage.Kind.Gives == Port.Documents));
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024.0):0.0} MiB");
}
