namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>What an operator holds back, and what another process is in the way of.</summary>
public sealed class HeldHostTests
{
    [Fact]
    public async Task A_host_that_is_held_is_not_asked_for_anything_until_it_is_released_and_the_others_go_on()
    {
        await using var bench = await LetterBench.OpenAsync();
        var web = bench.Bench;
        var list = string.Concat(Enumerable.Range(0, 6).Select(i => $"{web.Url($"/page/300/{i}", host: 1 + (i % 2))}\n"));
        var first = await AtlasProgram.RunAsync(bench.Folder, web.Write("first", web.Url("/page/300/first", host: 3) + "\n"), web.Run("minimal.yaml"));
        Assert.True(first.ExitCode == 0, first.ToString());

        await bench.DlqAsync("hold", "--host", "127.0.0.2", "--note", "they asked us to");
        var held = await AtlasProgram.RunAsync(bench.Folder, web.Write("list", list), web.Run("minimal.yaml"));
        var asked = web.Site.Requests.Pages.Where(page => page.Contains("127.0.0.2", StringComparison.Ordinal)).ToList();
        var (done, queued) = (held.Report.GetProperty("done").GetInt64(), held.Report.GetProperty("queued").GetInt64());
        await bench.DlqAsync("release", "--host", "127.0.0.2");
        var released = await AtlasProgram.RunAsync(bench.Folder, web.Write("nothing", ""), web.Run("minimal.yaml"));

        Assert.True(held.ExitCode == 0 && released.ExitCode == 0, $"{held}{released}");
        Assert.Empty(asked);
        Assert.Equal((4, 3), (done, queued));
        Assert.Equal((7, 0), (released.Report.GetProperty("done").GetInt64(), released.Report.GetProperty("queued").GetInt64()));
        Assert.Equal(3, web.Site.Requests.Pages.Count(page => page.Contains("127.0.0.2", StringComparison.Ordinal) && page.Contains("/page/300/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("purge --yes")]
    [InlineData("note 1 text")]
    [InlineData("hold --host a.example")]
    [InlineData("release --host a.example")]
    [InlineData("import FILE --yes")]
    [InlineData("replay PIPELINE --yes")]
    public async Task Where_a_pipeline_runs_what_changes_its_state_says_so_and_the_way_out(string command)
    {
        await using var bench = await LetterBench.RefusedAsync("http://a.example/\nfile:///x\n");
        var pipeline = bench.Pipeline("loose.yaml", "rules: default");
        var letters = bench.Bench.Write("letters.jsonl", """{"url":"http://b.example/","reason":"http_404"}""" + "\n");
        using var running = AtlasProgram.Start(bench.Folder, "run", pipeline, "--state", bench.State, "--quiet");
        await running.WriteAsync("http://c.example/\n");
        while (bench.Scalar("SELECT count(*) FROM processing_queue") == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var refused = await bench.TryAsync([.. command.Replace("FILE", letters, StringComparison.Ordinal).Replace("PIPELINE", pipeline, StringComparison.Ordinal).Split(' ')]);
        var asked = await bench.TryAsync("list", "--count");
        running.CloseInput();
        var ended = await running.WaitAsync();

        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("is in use by another process: a run, or a command that changes it. Let it end, or end it", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("2\n", asked.Output);
        Assert.True(ended.ExitCode == 0, ended.ToString());
    }
}
