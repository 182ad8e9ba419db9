using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>The roadmap's own mix: 37 % file://, 30 % duplicates in disguise. Long: minutes.</summary>
[Trait("length", "long")]
public sealed class PollutedListTests
{
    private const int Lines = 100_000;
    private const int Hosts = 1_000;

    [Fact]
    [Trait("run", "kill")]
    public async Task A_hundred_thousand_lines_are_fetched_once_each_and_a_second_run_fetches_nothing()
    {
        await using var bench = await Workbench.OpenAsync();
        var (input, list) = WriteList(bench);

        var first = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));
        var again = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.True(first.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(list.Lines, first.Report.GetProperty("received").GetInt64());
        Assert.Equal(list.Distinct, first.Report.GetProperty("done").GetInt64());
        Assert.Equal(list.FileLines, first.Report.GetProperty("rejected").GetProperty("scheme_file").GetInt64());
        Assert.Equal(list.Distinct, bench.Site.Requests.Distinct);
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Equal(list.Lines - list.FileLines, again.Report.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, again.Report.GetProperty("bytes_fetched").GetInt64());
    }

    [Fact]
    [Trait("run", "kill")]
    public async Task After_twenty_kills_a_last_run_has_every_resource_recorded_once()
    {
        await using var bench = await Workbench.OpenAsync();
        var (input, list) = WriteList(bench);
        var chance = new Random(20_261_124);

        for (var round = 0; round < 20; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));
            var feeding = program.FeedAsync(input);
            await Task.WhenAny(Task.Delay(chance.Next(300, 4_000), TestContext.Current.CancellationToken), program.WaitAsync());
            program.Kill();
            await feeding;
            await program.WaitAsync();
        }

        var last = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(list.Distinct, last.Report.GetProperty("done").GetInt64());
        Assert.Equal(list.Lines, last.Report.GetProperty("received").GetInt64());
        Assert.Equal(0, last.Report.GetProperty("dedup_authority_caught").GetInt64());
        Assert.Equal(list.Distinct, bench.Site.Requests.Distinct);
    }

    [Fact]
    [Trait("run", "memory")]
    public async Task Five_million_lines_of_which_nine_in_ten_are_duplicates_stay_within_a_gibibyte()
    {
        const int Distinct = 500_000;
        await using var bench = await Workbench.OpenAsync();
        var input = Path.Combine(bench.Folder, "list");
        await using (var lines = new StreamWriter(input))
        {
            for (var i = 0; i < 10 * Distinct; i++)
                await lines.WriteLineAsync($"http://h{i % 1000}.test/path/{i % Distinct}?utm_source={i}");
        }

        using var program = AtlasProgram.Start(bench.Folder, "run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--report", "-", "--quiet",
            "--set", $"sources.feed.paths=[\"{input}\"]", "--set", "sources.feed.follow=false");
        program.CloseInput();
        var ended = program.WaitAsync();
        long peak = 0;
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, program.HasExited ? 0 : program.PeakResidentBytes());
            await Task.WhenAny(ended, Task.Delay(100, TestContext.Current.CancellationToken));
        }

        var result = await ended;

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(Distinct, result.Report.GetProperty("admitted").GetInt64());
        Assert.InRange(peak, 1, 1L << 30);
        TestContext.Current.TestOutputHelper!.WriteLine($"Peak resident set: {peak / 1048576} MiB.");
    }

    private static (string Path, PollutedCounts Counts) WriteList(Workbench bench)
    {
        var path = Path.Combine(bench.Folder, "list");
        using var file = File.Create(path);
        return (path, PollutedList.Write(file, Lines, Hosts, bench.Site.Port, seed: 7));
    }
}
