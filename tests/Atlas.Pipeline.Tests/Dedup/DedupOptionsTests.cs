using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class DedupOptionsTests
{
    // From 67,108,865 keys on, the table would have needed an array of 2 GiB: the file was valid, and the run died of an overflow.
    [Fact]
    public void More_recent_keys_than_one_array_holds_are_a_mistake()
    {
        Assert.Empty(MistakesOf("67108864"));
        Assert.EndsWith("must be from 0 to 67108864, got 67108865.", Assert.Single(MistakesOf("67108865")).ToString(), StringComparison.Ordinal);
        Assert.InRange((RecentKeys.MostKeys * 16L) + 64, 0, Array.MaxLength);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecentKeys(RecentKeys.MostKeys + 1));
    }

    private static List<Mistake> MistakesOf(string recentKeys)
    {
        var mistakes = new List<Mistake>();
        var entry = new MappingEntry(new ScalarNode("recent_keys", false, 1, 1), new ScalarNode(recentKeys, false, 1, 1));
        DedupOptions.Read(new SettingsReader(new MappingNode([entry], 1, 1), "p.yaml", "stages.dedup", mistakes));
        return mistakes;
    }
}
