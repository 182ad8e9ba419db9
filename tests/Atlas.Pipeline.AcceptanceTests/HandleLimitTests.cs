using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Far fewer handles than the pipeline would use: that is this machine's lack, and no URL's fault.</summary>
public sealed class HandleLimitTests
{
    private const int Pages = 300;

    [Fact]
    [Trait("length", "long")]
    [Trait("run", "handles")]
    public async Task With_200_handles_and_400_fetches_at_once_every_url_is_fetched_in_the_end()
    {
        await using var bench = await Workbench.OpenAsync();

        // Each page is a host of its own, so that each fetch wants a connection of its own.
        var input = bench.Write("urls.txt", string.Concat(Enumerable.Range(0, Pages).Select(page => string.Create(CultureInfo.InvariantCulture, $"http://127.1.{page / 250}.{1 + (page % 250)}:{bench.Site.Port}/slow/300/512/{page}\n"))));
        using var program = AtlasProgram.StartInShell("ulimit -n 200 && exec \"$@\"", bench.Folder, bench.Run("crawl.yaml", "--set", "stages.fetch.concurrency=400"));
        await program.FeedAsync(input);

        var ended = await program.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal((Pages, 0), (ended.Report.GetProperty("done").GetInt32(), ended.Report.GetProperty("queued").GetInt32()));
        Assert.Empty(ended.Report.GetProperty("dead").EnumerateObject());
        Assert.True(ended.Report.GetProperty("balanced").GetBoolean());
    }
}
