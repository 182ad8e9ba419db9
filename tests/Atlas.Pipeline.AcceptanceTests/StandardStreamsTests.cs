namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Standard streams that are closed, full, or whose other end has left.</summary>
public sealed class StandardStreamsTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_filter_ends_when_its_reader_has_seen_enough()
    {
        await using var bench = await Workbench.OpenAsync();

        // The input never ends, so nothing but the reader can end the run.
        using var program = AtlasProgram.StartInShell(
            "(i=0; while :; do i=$((i+1)); echo http://a.test/$i || exit; done) 2>/dev/null | (\"$@\"; echo exit $? >&2) | head -n 1",
            bench.Folder, "run", Workbench.Shipped("filter.yaml"), "--quiet");
        var result = await program.WaitAsync(Soon);

        Assert.Equal("http://a.test/1\thttp://a.test/1\n", result.Output);
        Assert.Contains("exit 1", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "<&-", "Standard input is closed")]
    [InlineData("normalize", "<&-", "Standard input is closed")]
    [InlineData("run", "</", "irectory")]
    [InlineData("run", "</dev/null --report - --set stages.write.to=rows.tsv >&-", "Standard output is closed")]
    [InlineData("run", "</dev/null --report - --set stages.write.to=rows.tsv >/dev/full", "No space left")]
    [InlineData("validate", ">&-", "Standard output is closed")]
    [InlineData("validate", ">/dev/full", "No space left")]
    [InlineData("graph", ">/dev/full", "No space left")]
    [InlineData("explain", ">/dev/full", "No space left")]
    public async Task A_stream_that_cannot_be_used_fails_the_command_in_a_line(string command, string redirection, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has /dev/full.");
        await using var bench = await Workbench.OpenAsync();
        string[] what = command switch
        {
            "normalize" => [],
            "explain" => ["http://a.test/"],
            _ => [Workbench.Shipped("filter.yaml")],
        };

        using var program = AtlasProgram.StartInShell($"\"$@\" {redirection}", bench.Folder, [command, .. what]);
        var result = await program.WaitAsync(Soon);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>It ended as a bug: the link was taken for a file, as it has a length.</summary>
    [Fact]
    public async Task Standard_output_can_be_named_by_its_path()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has /dev/stdout as a link to a pipe.");
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", "http://a.test/\n"), "run", Workbench.Shipped("filter.yaml"), "--quiet", "--set", "stages.write.to=/dev/stdout");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("http://a.test/\thttp://a.test/\n", result.Output);
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    public async Task A_run_does_not_need_its_standard_error(string redirection)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has /dev/full.");
        await using var bench = await Workbench.OpenAsync();

        using var program = AtlasProgram.StartInShell($"echo http://a.test/ | \"$@\" {redirection}", bench.Folder, "run", Workbench.Shipped("filter.yaml"));
        var result = await program.WaitAsync(Soon);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("http://a.test/\thttp://a.test/\n", result.Output);
    }
}
