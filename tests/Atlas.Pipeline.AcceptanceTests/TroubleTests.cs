namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>What <c>atlas run</c> says when what it is given cannot work, and with which exit code.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task A_pipeline_file_that_is_not_there_is_a_usage_error()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "run", "nowhere.yaml");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("nowhere.yaml: cannot be read", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "run", "")]
    [InlineData(2, "validate", "")]
    [InlineData(2, "run", "filter.yaml", "--report", "")]
    [InlineData(2, "normalize", "--rules", "")]
    [InlineData(2, "normalize", "--verify", "")]
    [InlineData(1, "run", "minimal.yaml", "--set", "state=\"a\\0b\"")]
    public async Task A_path_that_can_be_none_is_trouble_in_one_line(int exitCode, params string[] arguments)
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. arguments.Select(word => word.EndsWith(".yaml", StringComparison.Ordinal) ? Workbench.Shipped(word) : word)]);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_directory_in_place_of_a_pipeline_file_is_a_usage_error()
    {
        await using var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(Path.Combine(bench.Folder, "pipelines"));

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "run", "pipelines");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("pipelines: is a directory", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_input_is_a_run_without_lines()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, bench.Run("minimal.yaml"));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("", result.Errors);
        Assert.Equal(0, result.Report.GetProperty("received").GetInt64());
        Assert.True(result.Report.GetProperty("balanced").GetBoolean());
    }

    [Fact]
    public async Task A_file_to_tail_that_is_not_there_fails_a_run_that_does_not_follow()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "run", Workbench.Shipped("tail.yaml"), "--state", bench.State,
            "--set", "sources.feed.paths=[./missing.log]", "--set", "sources.feed.follow=false");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("File ./missing.log is not there", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_directory_that_cannot_be_made_fails_the_run_and_is_named()
    {
        await using var bench = await Workbench.OpenAsync();
        var state = Path.Combine(bench.Write("file", ""), "state");

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "run", Workbench.Shipped("minimal.yaml"), "--state", state);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"The state directory {state} cannot be used", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_that_is_no_database_is_damage_and_is_named()
    {
        await using var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(bench.State);
        var ledger = bench.Write("state/ledger.db", "What lies here is a letter, not a ledger. It is long enough to have a header.");

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, bench.Run("minimal.yaml"));

        Assert.Equal(4, result.ExitCode);
        Assert.Contains(ledger, result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("validate")]
    public async Task A_directory_to_tail_is_a_mistake_in_the_pipeline_file(string command)
    {
        await using var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(Path.Combine(bench.Folder, "inbox"));

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, command, Workbench.Shipped("tail.yaml"), "--state", bench.State, "--set", "sources.feed.paths=[./inbox]");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("sources.feed.paths: ./inbox is a directory", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_is_refused_before_anything_is_read()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/page/10/1"));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, "run", Workbench.Shipped("minimal.yaml"), "--state", bench.State, "--report", "nowhere/report.json");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--report nowhere/report.json", result.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench.State));
    }
}
