using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class HostsOptionsTests
{
    [Fact]
    public void The_defaults_in_the_file_are_those_in_the_code() =>
        Assert.Equal(new HostsOptions(), HostsOptions.Read(SettingsReader.ForDocs()));

    [Fact]
    public void A_pause_longer_than_the_longest_is_a_mistake()
    {
        var mistakes = new List<Mistake>();
        var yaml = new SettingsReader(Map("breaker_open_ms: 5000\nbreaker_open_max_ms: 4000"), "x.yaml", "stages.fetch", mistakes);

        HostsOptions.Read(yaml);

        Assert.Equal("stages.fetch.breaker_open_max_ms", Assert.Single(mistakes).Path);
    }

    private static MappingNode Map(string text) => (MappingNode)SettingsParser.Parse("x.yaml", text, [])!;
}
