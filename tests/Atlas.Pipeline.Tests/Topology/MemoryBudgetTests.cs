using System.Globalization;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;
using FsCheck;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class MemoryBudgetTests
{
    private const long Mebibyte = 1L << 20;

    [Property(MaxTest = 300)]
    public bool The_parts_are_never_more_than_the_whole_or_it_is_said_how_much_is_needed(PositiveInt mebibytes, PositiveInt expected, PositiveInt scale)
    {
        var given = (64 + (mebibytes.Get * (long)scale.Get % 8_192)) * Mebibyte;
        var pipeline = Read("1GiB", $"stages.dedup.expected_urls={expected.Get * 1_000L * scale.Get % 400_000_000 + 1}");

        var shared = MemoryBudget.Share(pipeline, given, out var problem);

        if (problem is null)
            return shared.Memory!.Bytes <= given && shared.Memory.Parts.All(part => part.Bytes >= 0);
        var needed = shared.Memory!.Bytes;
        var enough = MemoryBudget.Share(pipeline, needed, out var stillShort);
        return needed > given && stillShort is null && enough.Memory!.Bytes <= needed;
    }

    [Fact]
    public void The_parts_are_what_the_stages_then_take()
    {
        var pipeline = Read("1GiB");
        var bytes = pipeline.Memory!.Parts.ToDictionary(part => part.Part, part => part.Bytes);
        var dedup = (DedupOptions)Stage(pipeline, "dedup").Options;

        Assert.Equal(MemoryBound.Of(pipeline).Batches * MemoryBound.BytesOfBatch, bytes["batches"]);
        Assert.Equal(dedup.MemoryBytes, bytes["dedup log"]);
        Assert.Equal(dedup.RecentKeys * 16L, bytes["dedup recent keys"]);
        Assert.Equal(HeldBytes.OfBuffer(Stage(pipeline, "buffer").Options, hasLedger: true), bytes["buffer"]);
        Assert.Equal(HeldBytes.OfPersist(Stage(pipeline, "persist").Options, hasLedger: true), bytes["persist"]);
        Assert.True(bytes["SQLite"] > pipeline.Memory.SqliteCacheBytes);
    }

    [Fact]
    public void What_a_stage_sets_itself_stays()
    {
        var pipeline = Read("1GiB", "stages.dedup.recent_keys=1000000", "stages.dedup.memory_bytes=67108864", "stages.buffer.capacity=77", "stages.classify.capacity=3", "stages.persist.group_bytes=1000000");
        var dedup = (DedupOptions)Stage(pipeline, "dedup").Options;

        Assert.Equal(1_000_000, dedup.RecentKeys);
        Assert.Equal(64 * Mebibyte, dedup.MemoryBytes);
        Assert.Equal(77, ((BufferOptions)Stage(pipeline, "buffer").Options).Capacity);
        Assert.Equal(3, Stage(pipeline, "classify").Capacity);
        Assert.Equal(1_000_000, ((Atlas.Pipeline.Persist.PersistOptions)Stage(pipeline, "persist").Options).GroupBytes);
    }

    [Fact]
    public void More_memory_is_given_to_the_log_of_the_index_as_far_as_the_keys_need_it()
    {
        static long Log(string memory) => ((DedupOptions)Stage(Read(memory, "stages.dedup.expected_urls=20000000"), "dedup").Options).MemoryBytes;

        Assert.True(Log("1GiB") < Log("2GiB"));
        Assert.Equal(Log("8GiB"), Log("16GiB"));
    }

    [Fact]
    public void Less_memory_makes_queues_shorter()
    {
        Assert.Equal(StageDefinition.DefaultCapacity, Stage(Read("4GiB"), "classify").Capacity);
        Assert.InRange(Stage(Read("235MiB", "stages.dedup.expected_urls=100000"), "classify").Capacity, 1, StageDefinition.DefaultCapacity - 1);
    }

    [Fact]
    public void Without_the_setting_everything_is_as_large_as_by_default()
    {
        var pipeline = Read(null);

        Assert.Null(pipeline.Memory);
        Assert.Equal(new DedupOptions().MemoryBytes, ((DedupOptions)Stage(pipeline, "dedup").Options).MemoryBytes);
        Assert.Equal(new DedupOptions().RecentKeys, ((DedupOptions)Stage(pipeline, "dedup").Options).RecentKeys);
    }

    [Fact]
    public void What_does_not_fit_is_a_mistake_with_the_numbers_and_both_ways_out_work()
    {
        var mistake = Assert.Single(Mistakes("1GiB", "stages.dedup.expected_urls=200000000"));

        Assert.StartsWith("p.yaml(2,9): memory: 1.00 GiB is too little: ", mistake, StringComparison.Ordinal);
        Assert.Contains("dedup index 2.56 GiB, dedup filter ", mistake, StringComparison.Ordinal);
        var least = Between(mistake, "Give at least ", ",");
        var most = Between(mistake, "set stages.dedup.expected_urls to ", " or less");
        Assert.Empty(Mistakes(least, "stages.dedup.expected_urls=200000000"));
        Assert.Empty(Mistakes("1GiB", $"stages.dedup.expected_urls={most}"));
        Assert.NotEmpty(Mistakes("1GiB", $"stages.dedup.expected_urls={long.Parse(most, CultureInfo.InvariantCulture) + 1}"));
    }

    [Theory]
    [InlineData("1 GiB", 1L << 30)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("536_870_912", 512 * Mebibyte)]
    public void A_size_is_a_number_with_or_without_a_unit(string text, long bytes) => Assert.Equal(bytes, Read(text, "stages.dedup.expected_urls=100000").Memory!.Given);

    [Theory]
    [InlineData("1GB")]
    [InlineData("much")]
    [InlineData("1MiB")]
    [InlineData("-1GiB")]
    [InlineData("79228162514264337593543950335GiB")]
    public void Anything_else_is_a_mistake(string text) => Assert.Contains("memory: must be a size of at least 64MiB", Assert.Single(Mistakes(text)), StringComparison.Ordinal);

    private static StageDefinition Stage(PipelineDefinition pipeline, string name) => pipeline.Stages.Single(stage => stage.Name == name);

    private static string Between(string text, string before, string after)
    {
        var start = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[start..text.IndexOf(after, start, StringComparison.Ordinal)];
    }

    private static PipelineDefinition Read(string? memory, params string[] overrides)
    {
        var (definition, mistakes) = ReadAll(memory, overrides);
        Assert.Equal("", string.Join('\n', mistakes));
        return definition!;
    }

    private static List<string> Mistakes(string memory, params string[] overrides) => ReadAll(memory, overrides).Mistakes;

    private static (PipelineDefinition? Definition, List<string> Mistakes) ReadAll(string? memory, string[] overrides)
    {
        var text =
            $$"""
            name: small
            {{(memory is null ? "" : $"memory: {memory}")}}
            state: ./state
            sources:
              lines: { type: stdin }
            stages:
              normalize: { from: lines }
              classify: { from: normalize }
              dedup: { from: classify, expected_urls: 10000000 }
              buffer: { from: dedup }
              fetch: { from: buffer }
              persist: { from: fetch }
            """;
        List<Mistake> mistakes = [];
        var definition = PipelineReader.Read("p.yaml", text, StageCatalog.Kinds, overrides, null, mistakes, []);
        return (definition, mistakes.ConvertAll(mistake => mistake.ToString()));
    }
}
