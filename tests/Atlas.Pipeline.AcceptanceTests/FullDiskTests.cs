using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>A disk that takes no more: the run fails and says so, and the next one, with room again, has lost nothing.</summary>
public sealed class FullDiskTests
{
    private const int Lines = 20_000;

    [Fact]
    public async Task A_ledger_that_cannot_grow_ends_the_run_with_1_and_the_next_run_admits_the_rest()
    {
        await using var bench = await Workbench.OpenAsync();
        bench.Write("feed.log", string.Concat(Enumerable.Range(0, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"http://host{i}.test/a/path/that/takes/some/room/{i}\n"))));
        string[] arguments = ["run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--report", "-", "--quiet",
            "--set", "sources.feed.paths=[feed.log]", "--set", "sources.feed.follow=false", "--set", "stages.dedup.expected_urls=1000"];

        using var limited = AtlasProgram.StartWithFileLimit(kibibytes: 512, bench.Folder, arguments);
        limited.CloseInput();
        var full = await limited.WaitAsync();
        var rest = await AtlasProgram.RunAsync(bench.Folder, input: null, arguments);

        Assert.True(full.ExitCode == 1, full.ToString());
        Assert.Contains("The run failed:", full.Errors, StringComparison.Ordinal);
        Assert.Contains("disk I/O error", full.Errors, StringComparison.Ordinal);
        Assert.Contains(bench.State, full.Errors, StringComparison.Ordinal);
        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.True(rest.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(Lines, rest.Report.GetProperty("queued").GetInt64());
        Assert.Equal(Lines, full.Report.GetProperty("received").GetInt64() + rest.Report.GetProperty("received").GetInt64());
    }

    [Fact]
    public async Task Bodies_that_find_no_room_end_the_run_with_1_and_the_next_run_fetches_the_rest()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n', Enumerable.Range(0, 60).Select(i => bench.Url($"/page/{100_000 + i}/1", host: 1 + (i % 20)))));
        string[] more = ["--set", "stages.dedup.expected_urls=1000"];

        using var limited = AtlasProgram.StartWithFileLimit(kibibytes: 2_048, bench.Folder, bench.Run("demo.yaml", more));
        await limited.FeedAsync(input);
        var full = await limited.WaitAsync();
        var rest = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("demo.yaml", more));

        Assert.True(full.ExitCode == 1, full.ToString());
        Assert.Contains("The run failed: Stage 'persist' failed", full.Errors, StringComparison.Ordinal);
        Assert.Contains("too large", full.Errors, StringComparison.Ordinal);
        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.True(rest.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(60, rest.Report.GetProperty("done").GetInt64());
        Assert.Equal(0, rest.Report.GetProperty("dedup_authority_caught").GetInt64());
    }
}
