using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>What users do with <c>atlas fsck</c>, and with a state directory under a run.</summary>
public sealed class FsckTests
{
    [Fact]
    public async Task A_damaged_state_is_found_repaired_and_clean_again()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n', Enumerable.Range(0, 20).Select(i => bench.Url($"/page/200/{i}"))));
        var run = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        Assert.True(run.ExitCode == 0, run.ToString());
        string[] fsck = ["fsck", Workbench.Shipped("minimal.yaml"), "--state", bench.State];

        var clean = await AtlasProgram.RunAsync(bench.Folder, input: null, fsck);
        File.Delete(Path.Combine(bench.State, "seen", "log.0"));
        File.Delete(Path.Combine(bench.State, "bodies", "00000001.seg"));
        var damaged = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. fsck, "--json"]);
        var refused = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        var repaired = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. fsck, "--repair"]);
        var again = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        var cleanAgain = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);

        Assert.Equal((0, $"{bench.State} is clean.\n"), (clean.ExitCode, clean.Output));
        Assert.Equal(4, damaged.ExitCode);
        var lines = damaged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Contains(lines, line => line.TryGetProperty("part", out var part) && part.GetString() == "bodies" && line.GetProperty("count").GetInt64() == 20);
        Assert.Equal(lines.Count - 1, lines[^1].GetProperty("damaged").GetInt32());
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("atlas fsck --repair", refused.Errors, StringComparison.Ordinal);
        Assert.True(repaired.ExitCode == 0, repaired.ToString());
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Equal(20, again.Report.GetProperty("duplicates").GetInt64());
        Assert.Equal(20, again.Report.GetProperty("done").GetInt64());
        Assert.True(cleanAgain.ExitCode == 0, cleanAgain.ToString());
    }

    [Theory]
    [InlineData("fsck")]
    [InlineData("fsck", "--state", "nowhere")]
    [InlineData("fsck", "nowhere.yaml")]
    public async Task What_names_no_state_is_a_usage_error(params string[] arguments)
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(bench.Folder, "nowhere")));
    }

    [Fact]
    public async Task A_run_whose_lock_file_is_deleted_ends_and_a_check_beside_a_run_is_refused()
    {
        await using var bench = await Workbench.OpenAsync();
        using var run = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await run.WriteAsync(string.Join("", Enumerable.Range(0, 500).Select(i => bench.Url($"/slow/300/100/{i}", host: 1 + (i % 2)) + "\n")));
        await bench.WhenRequestedAsync();

        var check = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);
        File.Delete(Path.Combine(bench.State, "lock"));
        var result = await run.WaitAsync();

        Assert.Equal(4, check.ExitCode);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("lock was deleted or replaced", result.Errors, StringComparison.Ordinal);
    }
}
