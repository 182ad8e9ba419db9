using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchOptionsTests
{
    [Fact]
    public void What_is_not_written_has_the_documented_default()
    {
        var options = FetchOptions.Read(SettingsReader.ForDocs());

        Assert.Equal((64, 10_485_760, 5, "AtlasPipeline"), (options.Concurrency, options.MaxBodyBytes, options.MaxRedirects, options.ProductToken));
        Assert.Equal(new HostsOptions(), options.Hosts);
        Assert.Equal([80, 443], options.AllowPorts);
    }

    [Fact]
    public void A_network_that_is_none_is_a_mistake_and_the_others_count()
    {
        var mistakes = new List<Mistake>();
        var list = new SequenceNode([new ScalarNode("10.0.0.0/8", true, 2, 1), new ScalarNode("10.0.0.0/99", true, 2, 9)], 2, 1);
        var map = new MappingNode([new MappingEntry(new ScalarNode("allow_networks", false, 1, 1), list)], 1, 1);

        var options = FetchOptions.Read(new SettingsReader(map, "p.yaml", "stages.fetch", mistakes));

        Assert.Equal("10.0.0.0/8", Assert.Single(options.AllowNetworks).ToString());
        Assert.Contains("'10.0.0.0/99'", Assert.Single(mistakes).Message, StringComparison.Ordinal);
    }
}
