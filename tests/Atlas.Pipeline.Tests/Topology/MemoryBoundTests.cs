using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;
using static Atlas.Pipeline.Tests.Topology.TopologyTestBed;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class MemoryBoundTests
{
    [Fact]
    public void It_counts_the_queues_before_the_ledger_and_the_batch_that_a_source_fills()
    {
        var small = MemoryBound.Of(Definition(Good));
        var large = MemoryBound.Of(Definition(Good, "stages.classify.capacity=18", "stages.fetch.capacity=1000"));

        Assert.Equal((4 * 8) + 1, small.Batches);
        Assert.Equal(10, large.Batches - small.Batches);
        Assert.Equal(small.Batches * MemoryBound.BytesOfBatch, small.Bytes);
    }

    [Fact]
    public void More_parallelism_than_capacity_holds_more()
    {
        Assert.Equal((3 * 8) + 20 + 1, MemoryBound.Of(Definition(Good, "stages.normalize.parallelism=20")).Batches);
    }

    [Fact]
    public void A_stage_with_two_takers_makes_a_copy_for_each()
    {
        var pipeline = Definition(GoodBut("  persist: { from: fetch }", "  persist: { from: fetch }\n  write: { from: dedup }"));

        Assert.Equal((5 * 8) + 1 + 3, MemoryBound.Of(pipeline).Batches);
    }

    [Fact]
    public void The_tables_of_the_real_stages_are_counted_from_their_settings()
    {
        var small = Real("stages.dedup.recent_keys=0", "stages.dedup.memory_bytes=67108864");
        var large = Real("stages.dedup.recent_keys=1048576", "stages.dedup.memory_bytes=134217728", "stages.buffer.capacity=20000", "stages.persist.group_bytes=5242880");

        Assert.Equal((16L << 20) + (64L << 20), BytesOf(large, "dedup") - BytesOf(small, "dedup"));
        Assert.Equal((20_000 - 100) * (1024 + (128 * 32) + (4 * 600)), BytesOf(large, "buffer") - BytesOf(small, "buffer"));
        Assert.Equal(2L << 20, BytesOf(large, "persist") - BytesOf(small, "persist"));
        Assert.Equal(small.Bytes, (small.Batches * MemoryBound.BytesOfBatch) + small.Tables.Sum(table => table.Bytes));
        Assert.Contains("dedup ", small.Sentence, StringComparison.Ordinal);
    }

    private static long BytesOf(MemoryBound bound, string stage) => Assert.Single(bound.Tables, table => table.Stage == stage).Bytes;

    private static MemoryBound Real(params string[] overrides)
    {
        List<Mistake> mistakes = [];
        var pipeline = PipelineReader.Read("p.yaml", Good, StageCatalog.Kinds, overrides, null, mistakes, []);
        Assert.Empty(mistakes);
        return MemoryBound.Of(pipeline!);
    }
}
