using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Kills and aborts while pages are slow, so that much of what is queued is leased whenever a process dies.</summary>
public sealed class SlowWebTests
{
    private const int Pages = 240;

    [Fact]
    [Trait("length", "long")]
    [Trait("run", "kill")]
    public async Task Twenty_kills_on_a_slow_web_bury_no_url()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = WriteList(bench, Pages, milliseconds: 1_500);
        var chance = new Random(20_261_124);

        for (var round = 0; round < 20; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, Run(bench));
            var feeding = program.FeedAsync(input);
            var asked = bench.Site.Requests.Total;
            while (bench.Site.Requests.Total == asked && !program.HasExited)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            await Task.Delay(chance.Next(0, 1_400), TestContext.Current.CancellationToken);
            program.Kill();
            await feeding;
            await program.WaitAsync();
        }

        await AssertAllAreFetchedAsync(bench, input, Pages);
    }

    [Fact]
    public async Task Seven_aborts_of_one_slow_page_do_not_bury_it()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = WriteList(bench, pages: 1, milliseconds: 4_000);

        for (var round = 0; round < 7; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, Run(bench, "--set", "drain_deadline_ms=100"));
            await program.FeedAsync(input);
            while (bench.Site.Requests.Total == round && !program.HasExited)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            program.Signal("TERM");
            var aborted = await program.WaitAsync();

            // Whatever is aborted is back in the queue when the run ends.
            Assert.True(aborted.ExitCode == 0, aborted.ToString());
            Assert.Equal(1, aborted.Report.GetProperty("queued").GetInt64());
        }

        await AssertAllAreFetchedAsync(bench, input, pages: 1);
    }

    private static async Task AssertAllAreFetchedAsync(Workbench bench, string input, int pages)
    {
        var last = await AtlasProgram.RunAsync(bench.Folder, input, Run(bench));

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        Assert.Empty(last.Report.GetProperty("dead").EnumerateObject());
        Assert.Equal(pages, last.Report.GetProperty("done").GetInt64());
    }

    private static string WriteList(Workbench bench, int pages, int milliseconds) => bench.Write(
        "list",
        string.Concat(Enumerable.Range(0, pages).Select(page => bench.Url(string.Create(CultureInfo.InvariantCulture, $"/slow/{milliseconds}/2000/{page}\n"), host: 1 + (page % 120)))));

    private static string[] Run(Workbench bench, params string[] more) => bench.Run("crawl.yaml", ["--set", "stages.fetch.robots=false", "--set", "stages.fetch.concurrency=16", .. more]);
}
