using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>A machine that is always nearly full: the run holds back, says so, and comes to its end.</summary>
public sealed class PressureTests
{
    private const int Pages = 30;

    [Fact]
    public async Task Under_high_pressure_a_run_is_slower_says_why_and_fetches_everything()
    {
        await using var bench = await Workbench.OpenAsync();

        // One host whose every page takes a third of a second, so that the run outlasts the three readings.
        var input = bench.Write("urls.txt", string.Concat(Enumerable.Range(0, Pages).Select(page => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{bench.Site.Port}/slow/300/512/{page}\n"))));
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("crawl.yaml", "--set", "stages.fetch.per_host_concurrency=1", "--set", "pressure.memory=[1, 1, 0]"));
        await program.FeedAsync(input);

        var ended = await program.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.ToString());
        var pressure = ended.Report.GetProperty("pressure");
        Assert.Equal("high", pressure.GetProperty("worst").GetString());
        Assert.True(pressure.GetProperty("seconds").GetProperty("high").GetDouble() > 1, ended.ToString());
        Assert.Contains("Pressure on this machine is high, it was none (memory ", ended.Errors, StringComparison.Ordinal);
        Assert.Equal((Pages, 0), (ended.Report.GetProperty("done").GetInt32(), ended.Report.GetProperty("queued").GetInt32()));
        Assert.True(ended.Report.GetProperty("balanced").GetBoolean());
    }

    [Fact]
    public async Task Thresholds_that_make_no_sense_are_refused_with_the_way_out()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("crawl.yaml", "--set", "pressure.handles=[90, 80, 97]", "--set", "stages.fetch.min_concurrency=4096"));

        var ended = await program.WaitAsync();

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("pressure.handles", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("none smaller than the one before", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("min_concurrency", ended.Errors, StringComparison.Ordinal);
    }
}
