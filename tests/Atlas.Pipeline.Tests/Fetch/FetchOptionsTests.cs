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
        Assert.Null(options.RefetchAfter);
        Assert.Equal([80, 443], options.AllowPorts);
    }

    [Theory]
    [InlineData("7d", 7 * 86_400)]
    [InlineData("1.5h", 5_400)]
    [InlineData("30m", 1_800)]
    [InlineData("1s", 1)]
    [InlineData("3650d", 3_650 * 86_400)]
    public void A_period_is_a_number_with_its_unit(string text, int seconds)
    {
        var (options, mistakes) = ReadPeriod(text);

        Assert.Empty(mistakes);
        Assert.Equal(TimeSpan.FromSeconds(seconds), options.RefetchAfter);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("")]
    [InlineData("-1d")]
    [InlineData("0.5s")]
    [InlineData("3651d")]
    [InlineData("79228162514264337593543950335d")]
    [InlineData("7 days")]
    [InlineData("500ms")]
    public void Any_other_period_is_a_mistake_that_says_how_to_write_one(string text)
    {
        var (options, mistakes) = ReadPeriod(text);

        Assert.Null(options.RefetchAfter);
        Assert.Equal($"must be a time from 1s to 3650d, a number with its unit, as \"7d\", \"12h\", \"30m\" or \"90s\", got '{text}'.", Assert.Single(mistakes).Message);
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

    private static (FetchOptions Options, List<Mistake> Mistakes) ReadPeriod(string text)
    {
        var mistakes = new List<Mistake>();
        var map = new MappingNode([new MappingEntry(new ScalarNode("refetch_after", false, 1, 1), new ScalarNode(text, true, 1, 16))], 1, 1);
        return (FetchOptions.Read(new SettingsReader(map, "p.yaml", "stages.fetch", mistakes)), mistakes);
    }
}
