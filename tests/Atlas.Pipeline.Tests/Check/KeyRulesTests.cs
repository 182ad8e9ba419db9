using Atlas.Pipeline.Check;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Check;

public sealed class KeyRulesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("drop_params: none, fold_scheme: false", "")]
    [InlineData("drop_params: [ref, \"a'b\\\"\", größe], keep_params: [gclid], fold_www: true, trailing_slash: true, session_ids: true, schemeless: true", "")]
    [InlineData("sites: { example.org: { drop_params: [ref], keep_params: [utm_id] } }", "rules: [ { host: \"*.example.org\", priority: high }, { scheme: http, path_prefix: /a, suffix: .gif, strategy: dead_letter } ]")]
    public void What_is_written_down_is_read_back(string normalize, string classify)
    {
        var rules = KeyRules.Of(Pipeline($"normalize: {{ from: lines, {normalize} }}\n  classify: {{ from: normalize, {classify} }}\n  write: {{ from: classify }}"));

        var text = rules.ToText();
        var again = KeyRules.Parse(text);

        Assert.NotNull(again);
        Assert.Equal(text, again.ToText());
        AssertSame(rules.Normalize, again.Normalize);
        AssertSame(rules.Classify, again.Classify);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"normalize\":{\"fold_http\":true}}")]
    [InlineData("{\"normalize\":{\"fold_www\":7}}")]
    public void Anything_else_is_nothing(string text) => Assert.Null(KeyRules.Parse(text));

    [Fact]
    public void The_rules_are_those_on_the_way_to_the_buffer()
    {
        var pipeline = Pipeline("""
            other: { type: normalize, from: lines }
              write: { from: other }
              normalize: { from: lines, fold_www: true }
              classify: { from: normalize }
              dedup: { from: classify }
              buffer: { from: dedup }
            """);

        Assert.True(KeyRules.Of(pipeline).Normalize.Rules.FoldWww);
        Assert.True(KeyRules.AreSeveral(pipeline));
    }

    private static void AssertSame(NormalizeOptions expected, NormalizeOptions actual)
    {
        var (left, right) = (expected.Rules, actual.Rules);
        Assert.Equal((left.FoldScheme, left.FoldWww, left.FoldTrailingSlash, left.DropSessionIds, left.AcceptSchemeless, left.DropTracking), (right.FoldScheme, right.FoldWww, right.FoldTrailingSlash, right.DropSessionIds, right.AcceptSchemeless, right.DropTracking));
        Assert.Equal(left.DropParams, right.DropParams);
        Assert.Equal(left.KeepParams, right.KeepParams);
        Assert.Equal(left.Sites.Select(Site), right.Sites.Select(Site));

        static string Site(KeyValuePair<string, Atlas.Urls.SiteRules> site) => $"{site.Key} {string.Join(',', site.Value.DropParams)} {string.Join(',', site.Value.KeepParams)}";
    }

    private static void AssertSame(ClassifyOptions expected, ClassifyOptions actual)
    {
        Assert.Equal(expected.Rules.Count, actual.Rules.Count);
        foreach (var (left, right) in expected.Rules.Zip(actual.Rules))
        {
            Assert.Equal((left.AnySubdomain, left.Strategy, left.Priority), (right.AnySubdomain, right.Strategy, right.Priority));
            Assert.Equal([left.Scheme, left.Host, left.PathPrefix, left.Suffix], [right.Scheme, right.Host, right.PathPrefix, right.Suffix]);
        }
    }

    private static PipelineDefinition Pipeline(string stages)
    {
        List<Mistake> mistakes = [];
        var pipeline = PipelineReader.Read("test.yaml", $"name: p\nsources: {{ lines: {{ type: stdin }} }}\nstages:\n  {stages}\n", StageCatalog.Kinds, [], "state", mistakes, []);
        Assert.Empty(mistakes);
        return pipeline!;
    }
}
