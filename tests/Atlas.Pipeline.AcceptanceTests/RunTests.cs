using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>What users do with <c>atlas run</c>.</summary>
public sealed class RunTests
{
    [Theory]
    [InlineData("minimal.yaml")]
    [InlineData("crawl.yaml")]
    [InlineData("demo.yaml")]
    public async Task A_polluted_list_becomes_one_document_for_each_resource_and_the_books_balance(string pipeline)
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n',
            bench.Url("/page/100/1"),
            bench.Url("/page/100/1?utm_source=x"),
            bench.Url("/page/100/1#part"),
            bench.Url("/page/100/2", host: 2),
            "file:///home/somebody/notes.html",
            "mailto:someone@example.org",
            "no url at all",
            "# a comment",
            "",
            ""));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run(pipeline));

        Assert.True(result.ExitCode == 0, result.ToString());
        var report = result.Report;
        Assert.Equal(7, report.GetProperty("received").GetInt64());
        Assert.Equal(2, report.GetProperty("duplicates").GetInt64());
        Assert.Equal(2, report.GetProperty("admitted").GetInt64());
        Assert.Equal(2, report.GetProperty("done").GetInt64());
        Assert.Equal(1, report.GetProperty("rejected").GetProperty("scheme_file").GetInt64());
        Assert.Equal(1, report.GetProperty("rejected").GetProperty("scheme_unsupported").GetInt64());
        Assert.Equal(1, report.GetProperty("rejected").GetProperty("malformed").GetInt64());
        Assert.True(report.GetProperty("balanced").GetBoolean());
    }

    [Fact]
    public async Task The_same_list_again_on_the_same_state_is_all_duplicates_and_fetches_nothing()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n', Enumerable.Range(0, 50).Select(i => bench.Url($"/page/200/{i}", host: 1 + (i % 5)))));

        var first = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        var again = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal(50, first.Report.GetProperty("done").GetInt64());
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Equal(50, again.Report.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, again.Report.GetProperty("bytes_fetched").GetInt64());
        Assert.Equal(50, again.Report.GetProperty("admitted_before").GetInt64());
    }

    /// <summary>Rows and report stood in one output.</summary>
    [Fact]
    public async Task A_report_does_not_go_where_a_stage_writes_its_rows()
    {
        await using var bench = await Workbench.OpenAsync();
        string[] arguments = ["run", Workbench.Shipped("filter.yaml"), "--quiet", "--report", "-"];

        var mixed = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", "http://a.test/\n"), arguments);
        var apart = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", "http://a.test/\n"), [.. arguments, "--set", "stages.write.to=rows.tsv"]);

        Assert.True(mixed.ExitCode == 2, mixed.ToString());
        Assert.Equal("", mixed.Output);
        Assert.Contains("--report - would put the report among the rows that 'write' writes to stdout", mixed.Errors, StringComparison.Ordinal);
        Assert.True(apart.ExitCode == 0, apart.ToString());
        Assert.Equal(1, apart.Report.GetProperty("done").GetInt64());
        Assert.Equal("http://a.test/\thttp://a.test/\n", await File.ReadAllTextAsync(Path.Combine(bench.Folder, "rows.tsv"), TestContext.Current.CancellationToken));
    }

    /// <summary>It spoke of what was admitted and queued, where there is no queue.</summary>
    [Fact]
    public async Task A_filter_says_what_has_passed()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", "http://a.test/\nhttp://a.test\nfile:///a\n"), "run", Workbench.Shipped("filter.yaml"));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches(@"  rejected +1 .*\n *scheme_file +1\n  passed +1 +33\.3 %\nThe books balance: received = duplicates \+ rejected \+ passed\.\n", result.Errors);
        Assert.DoesNotContain("queue", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_gives_distinct_fetchable_URLs_in_the_order_they_came()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", "http://b.test/\nHTTP://A.test:80/x\nfile:///etc/passwd\nhttp://a.test/x?utm_source=y\nhttp://b.test\n");

        var result = await AtlasProgram.RunAsync(bench.Folder, input, "run", Workbench.Shipped("filter.yaml"), "--quiet");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("http://b.test/\thttp://b.test/\nHTTP://A.test:80/x\thttp://a.test/x\n", result.Output);
    }

    [Fact]
    public async Task Tailed_files_fill_the_queue_and_the_next_run_goes_on_behind_what_was_committed()
    {
        await using var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(Path.Combine(bench.Folder, "inbox"));
        bench.Write("inbox/a.log", "http://a.test/1\nhttp://a.test/2\n");
        string[] arguments = ["run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--report", "-", "--quiet", "--set", "sources.feed.follow=false"];

        var first = await AtlasProgram.RunAsync(bench.Folder, input: null, arguments);
        await File.AppendAllTextAsync(Path.Combine(bench.Folder, "inbox", "a.log"), "http://a.test/3\n", TestContext.Current.CancellationToken);
        var second = await AtlasProgram.RunAsync(bench.Folder, input: null, arguments);

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal(2, first.Report.GetProperty("admitted").GetInt64());
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal(1, second.Report.GetProperty("received").GetInt64());
        Assert.Equal(3, second.Report.GetProperty("queued").GetInt64());
    }

    [Fact]
    public async Task A_state_directory_in_use_is_refused()
    {
        await using var bench = await Workbench.OpenAsync();
        using var first = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await first.WriteAsync(bench.Url("/page/10/1") + "\n");
        await bench.WhenRequestedAsync();

        var second = await AtlasProgram.RunAsync(bench.Folder, input: null, bench.Run("minimal.yaml"));
        first.CloseInput();
        var ended = await first.WaitAsync();

        Assert.Equal(4, second.ExitCode);
        Assert.Contains("in use", second.Errors, StringComparison.Ordinal);
        Assert.Equal(0, ended.ExitCode);
    }

    [Fact]
    public async Task The_first_signal_drains_and_the_rest_is_done_by_the_next_run()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n', Enumerable.Range(0, 400).Select(i => bench.Url($"/slow/20/{100 + i}", host: 1 + (i % 4)))));
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await program.FeedAsync(input);
        await bench.WhenRequestedAsync();

        program.Signal("TERM");
        var drained = await program.WaitAsync();
        var rest = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));

        Assert.True(drained.ExitCode == 0, drained.ToString());
        Assert.True(drained.Report.GetProperty("balanced").GetBoolean());
        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal(400, rest.Report.GetProperty("done").GetInt64());
        Assert.Equal(0, rest.Report.GetProperty("dedup_authority_caught").GetInt64());
    }

    [Fact]
    public async Task A_second_signal_aborts_and_nothing_is_lost()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n', Enumerable.Range(0, 20).Select(i => bench.Url($"/slow/2000/{10_000 + i}", host: 1 + i))));
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await program.FeedAsync(input);
        await bench.WhenRequestedAsync();

        program.Signal("INT");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        program.Signal("INT");
        var aborted = await program.WaitAsync();
        var rest = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));

        Assert.True(aborted.ExitCode == 130, aborted.ToString());
        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal(20, rest.Report.GetProperty("done").GetInt64());
        Assert.Equal(0, rest.Report.GetProperty("dedup_authority_caught").GetInt64());
    }

    [Theory]
    [InlineData("demo.yaml")]
    [InlineData("crawl.yaml")]
    [InlineData("minimal.yaml")]
    [InlineData("filter.yaml")]
    [InlineData("tail.yaml")]
    public async Task A_shipped_pipeline_is_valid(string pipeline)
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "validate", Workbench.Shipped(pipeline));

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task Every_mistake_of_a_pipeline_file_is_listed_with_its_line()
    {
        await using var bench = await Workbench.OpenAsync();
        var file = bench.Write("wrong.yaml", "name: wrong\nsources:\n  in: { type: stdn }\nstages:\n  normalize: { from: inn }\n  write: { from: normalize, fromat: tsv }\n");

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "validate", file);

        Assert.Equal(2, result.ExitCode);
        foreach (var line in new[] { 3, 5, 6 })
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"wrong.yaml({line},"), result.Errors, StringComparison.Ordinal);
    }
}
