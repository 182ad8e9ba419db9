using System.Diagnostics;
using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>What hosts ask for, and what they fail with, by the real program.</summary>
public sealed class HostsTests
{
    [Fact]
    public async Task A_host_that_asked_for_time_has_it_though_the_program_is_killed_meanwhile()
    {
        const int Seconds = 5;
        await using var bench = await Workbench.OpenAsync();
        var host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{bench.Site.Port}");
        var path = $"/retry-after/{Seconds}/1/a";
        var input = bench.Write("list.txt", bench.Url(path) + "\n" + bench.Url("/page/100/b") + "\n");
        string[] arguments = bench.Run("crawl.yaml", "--set", "stages.fetch.per_host_concurrency=1");

        // After the first answer, so that the program cannot seem too patient.
        var asked = Stopwatch.StartNew();
        using (var program = AtlasProgram.Start(bench.Folder, arguments))
        {
            await program.FeedAsync(input);
            while (!IsKept(bench, host))
            {
                Assert.False(program.HasExited);
                await Task.Delay(20, TestContext.Current.CancellationToken);
                if (bench.Site.Requests.Of(host, path) == 0)
                    asked.Restart();
            }

            program.Kill();
            await program.WaitAsync();
        }

        var before = bench.Site.Requests.Total;
        using var next = AtlasProgram.Start(bench.Folder, arguments);
        await next.FeedAsync(input);
        while (bench.Site.Requests.Total == before && !next.HasExited)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        var waited = asked.Elapsed;
        var ended = await next.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(2, ended.Report.GetProperty("done").GetInt64());
        Assert.InRange(waited.TotalSeconds, Seconds - 0.1, 60);
    }

    [Fact]
    public async Task A_list_with_a_dead_host_comes_to_an_end_and_the_host_is_not_asked_for_each_of_its_URLs()
    {
        const int Pages = 60;
        await using var bench = await Workbench.OpenAsync();
        var lines = Enumerable.Range(0, Pages).Select(page => $"http://127.0.0.2:1/{page}").Append(bench.Url("/page/100/a"));
        var input = bench.Write("list.txt", string.Join('\n', lines) + "\n");

        var ended = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run(
            "crawl.yaml",
            "--set", string.Create(CultureInfo.InvariantCulture, $"stages.fetch.allow_ports=[{bench.Site.Port},1]"),
            "--set", "stages.fetch.breaker_open_ms=50",
            "--set", "stages.fetch.breaker_gives_up_after=3",
            "--set", "stages.buffer.backoff_base_ms=10"));

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(1, ended.Report.GetProperty("done").GetInt64());
        var dead = ended.Report.GetProperty("dead");
        Assert.InRange(dead.GetProperty("host_down").GetInt64(), Pages / 2, Pages);
        Assert.Equal(Pages, dead.EnumerateObject().Sum(reason => reason.Value.GetInt64()));
    }

    private static bool IsKept(Workbench bench, string host)
    {
        if (!File.Exists(Path.Combine(bench.State, "ledger.db")))
            return false;
        try
        {
            using var ledger = bench.OpenLedger();
            return ledger.Scalar($"SELECT waits_until FROM hosts WHERE host = '{host}'") > 0;
        }
        catch (LedgerException)
        {
            // The very first look may come before the tables.
            return false;
        }
    }
}
