using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Write;

public sealed class WriteOptionsTests
{
    /// <summary>The pipeline was valid, and its lines were torn.</summary>
    [Theory]
    [InlineData("out.tsv", "./out.tsv")]
    [InlineData("stdout", "stdout")]
    [InlineData("${env:HOME}/a", "${env:HOME}/b/../a")]
    public void Two_stages_do_not_write_to_one_place(string one, string other) => Assert.Equal(
        ["p.yaml(6,3): stages.other.to: 'one' writes to the same place, and two would tear each other's lines: let 'one' take what both take, or write to another file."],
        MistakesOf(one, other));

    [Theory]
    [InlineData("out.tsv", "out.jsonl")]
    [InlineData("stdout", "out.tsv")]
    [InlineData("/dev/null", "/dev/null")]
    public void Two_stages_may_write_to_two_places(string one, string other) => Assert.Empty(MistakesOf(one, other));

    [Fact]
    public void What_cannot_be_a_path_is_a_mistake() => Assert.Equal(
        ["p.yaml(6,46): stages.other.to: no path has a NUL character in it."],
        MistakesOf("out.tsv", "a\\0b"));

    private static IEnumerable<string> MistakesOf(string one, string other)
    {
        var mistakes = new List<Mistake>();
        var text =
            $$"""
            name: a
            sources: { lines: { type: stdin } }
            stages:
              normalize: { from: lines }
              one: { type: write, from: normalize, to: "{{one}}" }
              other: { type: write, from: normalize, to: "{{other}}" }
            """;
        PipelineReader.Read("p.yaml", text, StageCatalog.Kinds, [], null, mistakes, []);
        return mistakes.Select(mistake => mistake.ToString());
    }
}
