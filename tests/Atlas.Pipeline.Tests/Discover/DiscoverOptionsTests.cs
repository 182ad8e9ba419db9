using Atlas.Pipeline.Discover;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class DiscoverOptionsTests
{
    [Fact]
    public void What_is_not_written_has_the_documented_default()
    {
        var options = DiscoverOptions.Read(SettingsReader.ForDocs());

        Assert.Equal((DiscoverScope.Host, 3, 1_000, 2_048), (options.Scope, options.MaxDepth, options.MaxLinksPerPage, options.MaxUrlBytes));
        Assert.False(options.FollowNofollow);
    }

    [Theory]
    [InlineData("scope: prefix", "scope: prefix needs prefixes: write prefixes: [\"https://example.org/docs/\"].")]
    [InlineData("prefixes: [\"https://a.test/\"]", "prefixes: has a meaning with scope: prefix only.")]
    [InlineData("scope: prefix, prefixes: [\"/docs\"]", "prefixes: '/docs' is no absolute http or https URL.")]
    [InlineData("include: [\"(a\"]", "include: '(a' is no pattern that can be used: ")]
    [InlineData("exclude: ['(?=a)']", "exclude: '(?=a)' is no pattern that can be used: ")]
    [InlineData("max_depth: 201", "max_depth: must be from 1 to 200, got 201.")]
    public void Mistakes_are_named(string settings, string expected)
    {
        var mistakes = new List<Mistake>();
        PipelineReader.Read("p.yaml", $"name: x\nstate: ./s\nsources: {{ lines: {{ type: stdin }} }}\nstages: {{ discover: {{ from: lines, {settings} }} }}\n", Atlas.Pipeline.Graph.StageCatalog.Kinds, [], null, mistakes, []);

        Assert.Contains(mistakes, mistake => mistake.ToString().Contains("stages.discover." + expected, StringComparison.Ordinal));
    }
}
