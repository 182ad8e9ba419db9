using System.Text;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests.ScriptedWeb;

public sealed class PollutedListTests
{
    [Fact]
    public void The_same_seed_writes_the_same_list()
    {
        Assert.Equal(Lines(seed: 1, out _), Lines(seed: 1, out _));
        Assert.NotEqual(Lines(seed: 1, out _), Lines(seed: 2, out _));
    }

    [Fact]
    public void The_counts_are_those_of_the_list()
    {
        var lines = Lines(seed: 1, out var counts);

        Assert.Equal(counts.Lines, lines.Length);
        Assert.Equal(counts.FileLines, lines.Count(line => line.StartsWith("file://", StringComparison.Ordinal)));
        Assert.InRange(counts.FileLines, 3_500, 3_900);
        Assert.InRange(counts.Distinct, 3_100, 3_500);
    }

    [Fact]
    public void A_disguise_hides_a_page_that_is_in_the_list()
    {
        var pages = Lines(seed: 1, out var counts)
            .Where(line => !line.StartsWith("file:", StringComparison.Ordinal))
            .Select(line => new Uri(line))
            .GroupBy(url => System.Web.HttpUtility.ParseQueryString(url.Query)["id"])
            .ToList();

        Assert.Equal(counts.Distinct, pages.Count);
        Assert.All(pages, page => Assert.Single(page.Select(url => url.Authority + Uri.UnescapeDataString(url.AbsolutePath)).Distinct()));
        Assert.Contains(pages, page => page.Select(url => url.OriginalString).Distinct().Count() > 1);
    }

    private static string[] Lines(int seed, out PollutedCounts counts)
    {
        using var list = new MemoryStream();
        counts = PollutedList.Write(list, lines: 10_000, hosts: 200, port: 8080, seed);
        return Encoding.UTF8.GetString(list.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
