namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>The time a drain may take.</summary>
public sealed class DrainTests
{
    /// <summary>The command-line library used to end the process two seconds after any first signal, with 130 and without a report.</summary>
    [Fact]
    public async Task A_drain_waits_for_a_body_that_comes_within_the_deadline()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/slow/3000/10000"));
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await program.FeedAsync(input);
        await bench.WhenRequestedAsync();

        program.Signal("TERM");
        var drained = await program.WaitAsync();

        Assert.True(drained.ExitCode == 0, drained.ToString());
        Assert.Equal(1, drained.Report.GetProperty("done").GetInt64());
    }

    [Fact]
    public async Task A_drain_that_a_slow_body_holds_up_ends_at_its_deadline_and_the_next_run_fetches_it()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/slow/4000/10000"));
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml", "--set", "drain_deadline_ms=300"));
        await program.FeedAsync(input);
        await bench.WhenRequestedAsync();

        program.Signal("TERM");
        var drained = await program.WaitAsync();
        var rest = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));

        // No clock is read: the page can only be unfinished if the run ended before the page did.
        Assert.True(drained.ExitCode == 0, drained.ToString());
        Assert.Equal(0, drained.Report.GetProperty("done").GetInt64());
        Assert.Equal(1, drained.Report.GetProperty("queued").GetInt64() + drained.Report.GetProperty("leased").GetInt64());
        Assert.True(drained.Report.GetProperty("balanced").GetBoolean());
        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal(1, rest.Report.GetProperty("done").GetInt64());
        Assert.Equal(2, bench.Site.Requests.MostOfOnePage);
    }
}
