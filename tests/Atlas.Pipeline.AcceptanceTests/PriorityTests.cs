using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>What goes first, by the real program: one fills the queue, another one works it off, one request at a time.</summary>
public sealed class PriorityTests
{
    private const int Pages = 20;

    [Fact]
    public async Task What_comes_from_a_source_that_is_lifted_is_fetched_first_though_it_came_last()
    {
        await using var bench = await Workbench.OpenAsync();
        bench.Write("many.txt", Lines(bench, "many"));
        var fill = bench.Write("fill.yaml", Pipeline(bench, sources: "many", weights: "{}"));
        await SucceedAsync(bench, fill);
        bench.Write("few.txt", Lines(bench, "few"));
        bench.Write("other.txt", Lines(bench, "other"));
        var lifted = bench.Write("lifted.yaml", Pipeline(bench, sources: "few, other", weights: "{ sources: { few: 2, other: -2 } }"));
        await SucceedAsync(bench, lifted);

        var ended = await SucceedAsync(bench, bench.Write("fetch.yaml", Pipeline(bench, sources: "few", weights: "{}", ending: string.Create(CultureInfo.InvariantCulture, $$"""
              fetch: { from: buffer, robots: false, per_host_delay_ms: 0, per_host_concurrency: 1, allow_networks: [127.0.0.0/8], allow_ports: [{{bench.Site.Port}}] }
              persist: { from: fetch }
            """))));

        Assert.Equal(3 * Pages, ended.Report.GetProperty("done").GetInt64());
        using var ledger = bench.OpenLedger();
        var rows = ledger.Prepare("SELECT source_name FROM content_metadata ORDER BY id");
        var sources = new List<string>();
        while (rows.Step())
            sources.Add(rows.Text(0));
        Assert.Equal([.. Enumerable.Repeat("few", Pages), .. Enumerable.Repeat("many", Pages), .. Enumerable.Repeat("other", Pages)], sources);
    }

    [Fact]
    public async Task A_page_that_was_asked_for_again_is_one_retry_in_the_report()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list.txt", bench.Url("/retry-after/1/1/a") + "\n" + bench.Url("/page/100/b", host: 2) + "\n");

        var ended = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml"));

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal((2, 1), (ended.Report.GetProperty("done").GetInt64(), ended.Report.GetProperty("retries").GetInt64()));
    }

    private static string Lines(Workbench bench, string name) => string.Concat(Enumerable.Range(0, Pages).Select(page => bench.Url($"/page/100/{name}-{page}") + "\n"));

    private static string Pipeline(Workbench bench, string sources, string weights, string ending = "") => $$"""
        name: order
        sources:
        {{string.Join('\n', sources.Split(", ").Select(source => $"  {source}: {{ type: file_tail, paths: [\"{bench.Folder}/{source}.txt\"], follow: false }}"))}}
        stages:
          normalize: { from: [{{sources}}] }
          classify: { from: normalize }
          dedup: { from: classify }
          buffer: { from: dedup, weights: {{weights}} }
        {{ending}}
        """;

    private static async Task<ProgramResult> SucceedAsync(Workbench bench, string pipeline)
    {
        var ended = await AtlasProgram.RunAsync(bench.Folder, null, "run", pipeline, "--state", bench.State, "--report", "-", "--quiet");
        Assert.True(ended.ExitCode == 0, ended.ToString());
        return ended;
    }
}
