using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class PriorityWeightsTests
{
    [Theory]
    [InlineData("critical", 0, "lines", 0)]
    [InlineData("normal", 0, "lines", 2)]
    [InlineData("normal", 3, "lines", 5)]
    [InlineData("cleanup", 200, "lines", 13)]
    public void By_default_the_class_counts_and_each_link_away_from_the_input_costs_a_level(string given, byte depth, string source, int level) =>
        Assert.Equal((PriorityClass)level, new PriorityWeights().LevelOf(Class(given), depth, source));

    [Theory]
    [InlineData("normal", 0, "lines", 4)]
    [InlineData("normal", 1, "lines", 7)]
    [InlineData("normal", 0, "feed", 1)]
    [InlineData("critical", 0, "feed", 0)]
    [InlineData("normal", 1, "slow", 12)]
    [InlineData("cleanup", 1, "slow", 13)]
    public void Weights_of_the_pipeline_take_the_place_of_these(string given, byte depth, string source, int level)
    {
        var weights = Read("{ class: 2, depth: 3, sources: { feed: 3, slow: -5 } }").Weights!;

        Assert.Equal((PriorityClass)level, weights.LevelOf(Class(given), depth, source));
    }

    [Fact]
    public void A_batch_is_weighed_by_its_source_and_each_row_by_its_own_depth()
    {
        var batch = new UrlBatchPool().Rent();
        batch.Source = "feed";
        batch.Count = 3;
        for (var i = 0; i < 3; i++)
            batch.Rows[i] = new UrlRow { Priority = PriorityClass.Normal, Depth = (byte)i };

        Read("{ depth: 4, sources: { feed: 1 } }").Weights!.Apply(batch);

        Assert.Equal([1, 5, 9], batch.ActiveRows.ToArray().Select(row => (int)row.Priority));
    }

    [Theory]
    [InlineData("{ class: 14 }", "stages.buffer.weights.class: must be from 0 to 13, got 14.")]
    [InlineData("{ depht: 1 }", "stages.buffer.weights.depht: no such setting. Did you mean 'depth'?")]
    [InlineData("{ sources: [lines] }", "stages.buffer.weights.sources: must be a map from names of sources to levels, written { feed: 2 }.")]
    [InlineData("{ sources: { lines: 14 } }", "stages.buffer.weights.sources.lines: must be a whole number from -13 to 13.")]
    [InlineData("{ sources: { lines: much } }", "stages.buffer.weights.sources.lines: must be a whole number from -13 to 13.")]
    [InlineData("{ sources: { fed: 1 } }", "stages.buffer.weights.sources.fed: no source is called 'fed'. Did you mean 'feed'? Here: lines, feed, slow.")]
    public void What_cannot_be_meant_is_a_mistake(string weights, string message) =>
        Assert.Equal(message, Assert.Single(Read(weights).Mistakes));

    private static PriorityClass Class(string name) => (PriorityClass)PriorityClasses.Names.ToList().IndexOf(name);

    private static (PriorityWeights? Weights, List<string> Mistakes) Read(string weights)
    {
        var mistakes = new List<Mistake>();
        var pipeline = PipelineReader.Read("test.yaml", $$"""
            name: test
            state: ./state
            sources:
              lines: { type: stdin }
              feed:  { type: file_tail, paths: ["*.log"] }
              slow:  { type: file_tail, paths: ["*.txt"] }
            stages:
              normalize: { from: [lines, feed, slow] }
              classify:  { from: normalize }
              dedup:     { from: classify }
              buffer:    { from: dedup, weights: {{weights}} }
            """, StageCatalog.Kinds, [], null, mistakes, []);
        var options = (BufferOptions?)pipeline?.Stages.Single(stage => stage.Name == "buffer").Options;
        return (options?.Weights, mistakes.ConvertAll(mistake => $"{mistake.Path}: {mistake.Message}"));
    }
}
