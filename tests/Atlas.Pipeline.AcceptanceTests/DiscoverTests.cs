using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Links that are followed, by the real program.</summary>
public sealed class DiscoverTests
{
    /// <summary>A root, four pages, sixteen, sixty-four: three links away from the line of the input is the last level.</summary>
    private const int PagesOfTheTree = 1 + 4 + 16 + 64;

    [Fact]
    public async Task Every_linked_page_is_fetched_once_and_the_run_ends_by_itself()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/links/4/9/0/root"));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, Run(bench));

        Assert.True(result.ExitCode == 0, result.ToString());
        AssertTree(bench, result);
        Assert.Equal(PagesOfTheTree, bench.Site.Requests.Total);
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);

        // Each page names its children, its parent, and itself without the query that it was asked for with; what leads away, into the page or nowhere is no line.
        Assert.Equal(1 + (21 * 4) + 20 + 20, result.Report.GetProperty("received").GetInt64());
        using var ledger = bench.OpenLedger();
        Assert.Equal("0:1 1:4 2:16 3:64", Depths(ledger));
        Assert.Equal(1, ledger.Scalar("SELECT count(*) FROM found"));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 21)]
    public async Task Goes_as_deep_as_it_is_told(int depth, int pages)
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/links/4/9/0/root"));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, Run(bench, "--set", string.Create(CultureInfo.InvariantCulture, $"stages.discover.max_depth={depth}")));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(pages, result.Report.GetProperty("done").GetInt64());
    }

    [Fact]
    public async Task A_sitemap_index_leads_to_a_packed_sitemap_and_that_to_its_pages_and_a_header_may_forbid_it()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/sitemap/index.xml?pages=1500") + "\n" + bench.Url("/nofollow/1"));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, Run(bench));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(1 + 1 + 1_500 + 1, result.Report.GetProperty("done").GetInt64());
        Assert.Equal(1_503, bench.Site.Requests.Distinct);
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
    }

    /// <summary>Between a document and its links no kill fits: they are one transaction.</summary>
    [Fact]
    public async Task Kills_in_the_middle_lose_no_link()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/links/4/9/40/root"));
        var chance = new Random(20_261_127);

        for (var round = 0; round < 4; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, Run(bench));
            await program.FeedAsync(input);
            var asked = bench.Site.Requests.Total;
            while (bench.Site.Requests.Total < asked + 3 && !program.HasExited)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            await Task.Delay(chance.Next(0, 300), TestContext.Current.CancellationToken);
            program.Kill();
            await program.WaitAsync();
        }

        var last = await AtlasProgram.RunAsync(bench.Folder, input, Run(bench));

        Assert.True(last.ExitCode == 0, last.ToString());
        AssertTree(bench, last);

        // What was being fetched at a kill is fetched again.
        Assert.InRange(bench.Site.Requests.MostOfOnePage, 1, 5);
    }

    [Fact]
    public async Task A_drain_leaves_links_for_the_next_run()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/links/4/9/40/root"));

        using (var program = AtlasProgram.Start(bench.Folder, Run(bench)))
        {
            await program.FeedAsync(input);
            while (bench.Site.Requests.Total < 8 && !program.HasExited)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            program.Signal("TERM");
            var drained = await program.WaitAsync();
            Assert.True(drained.ExitCode == 0, drained.ToString());
            Assert.True(drained.Report.GetProperty("balanced").GetBoolean());
            Assert.InRange(drained.Report.GetProperty("done").GetInt64(), 1, PagesOfTheTree - 1);
        }

        var next = await AtlasProgram.RunAsync(bench.Folder, bench.Write("none", ""), Run(bench));

        Assert.True(next.ExitCode == 0, next.ToString());
        AssertTree(bench, next);
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
    }

    /// <summary>One page would be tried again in an hour only: the run neither waits for that nor forgets it.</summary>
    [Fact]
    public async Task A_page_that_may_be_fetched_much_later_does_not_keep_the_run_from_its_end()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/links/2/9/0/root") + "\n" + bench.Url("/retry-after/3600/9/x", host: 2));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, Run(bench, "--set", "stages.buffer.end_wait_ms=2000"));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(1 + 2 + 4 + 8, result.Report.GetProperty("done").GetInt64());
        Assert.Equal(1, result.Report.GetProperty("queued").GetInt64());
    }

    [Fact]
    public async Task A_stage_whose_links_nobody_reads_and_a_source_without_a_ledger_are_mistakes()
    {
        await using var bench = await Workbench.OpenAsync();
        var deaf = bench.Write("deaf.yaml", (await File.ReadAllTextAsync(Workbench.Shipped("discover.yaml"), TestContext.Current.CancellationToken)).Replace("links: { type: discovered }", "more: { type: file_tail, paths: [a] }", StringComparison.Ordinal).Replace("[lines, links]", "[lines, more]", StringComparison.Ordinal));
        var dry = bench.Write("dry.yaml", "name: dry\nsources: { links: { type: discovered } }\nstages:\n  write: { from: links }\n");

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "validate", deaf, dry);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("stages.discover: nobody reads what it finds: add a source, as links: { type: discovered }, and name it in the from of normalize.", result.Errors + result.Output, StringComparison.Ordinal);
        Assert.Contains("sources.links: reads from the ledger, and without a buffer stage there is none.", result.Errors + result.Output, StringComparison.Ordinal);
    }

    private static string[] Run(Workbench bench, params string[] more) => bench.Run("discover.yaml", ["--set", "stages.fetch.concurrency=4", "--set", "stages.fetch.per_host_concurrency=4", .. more]);

    private static void AssertTree(Workbench bench, ProgramResult result)
    {
        Assert.True(result.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(PagesOfTheTree, result.Report.GetProperty("done").GetInt64());
        Assert.Equal(0, result.Report.GetProperty("queued").GetInt64());
        Assert.Equal(0, result.Report.GetProperty("dedup_authority_caught").GetInt64());
        Assert.Empty(result.Report.GetProperty("dead").EnumerateObject());
        Assert.Equal(PagesOfTheTree, bench.Site.Requests.Distinct);
        using var ledger = bench.OpenLedger();
        Assert.Equal(PagesOfTheTree, ledger.Scalar("SELECT count(*) FROM content_metadata"));
    }

    private static string Depths(SqlConnection ledger)
    {
        var queues = string.Join(" UNION ALL ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => $"SELECT packed FROM {LedgerSchema.QueueOf(priority)}"));
        var rows = ledger.Prepare($"SELECT hex(substr(packed, 38, 1)) || '', count(*) FROM ({queues}) GROUP BY 1 ORDER BY 1");
        var depths = new List<string>();
        while (rows.Step())
            depths.Add(string.Create(CultureInfo.InvariantCulture, $"{int.Parse(rows.Text(0), NumberStyles.HexNumber, CultureInfo.InvariantCulture)}:{rows.Int64(1)}"));
        rows.Reset();
        return string.Join(' ', depths);
    }
}
