using System.Globalization;
using System.Runtime.CompilerServices;

namespace Atlas.Pipeline.Topology;

/// <summary>The most bytes that lines can hold on their way to the ledger: every queue of batches full.</summary>
/// <param name="Bytes">In bytes. Leaves out the batches being worked on, one for each stage and unit of parallelism, and the indexes of dedup and ledger.</param>
/// <param name="Sentence">The same for people.</param>
internal sealed record MemoryBound(long Bytes, string Sentence)
{
    /// <summary>Text, canonical forms and rows of one batch.</summary>
    public static long BytesOfBatch { get; } = (2L * UrlBatch.TextCapacity) + ((long)UrlBatch.MaxRows * Unsafe.SizeOf<UrlRow>());

    public static MemoryBound Of(PipelineDefinition pipeline)
    {
        // The buffer's capacity counts URLs in its own options; the queue of batches in front of it has the default.
        long batches = pipeline.Stages.Where(stage => stage.Kind.Takes == Port.Urls).Sum(stage => (long)stage.Capacity);
        var bytes = batches * BytesOfBatch;
        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"Up to {batches} batches of {BytesOfBatch / 1024} KiB may wait between the stages before the ledger: {bytes / (1024.0 * 1024.0):0.0} MiB.");
        return new MemoryBound(bytes, sentence);
    }
}
