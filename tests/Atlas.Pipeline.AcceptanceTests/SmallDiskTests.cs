using System.Diagnostics;
using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>The state on a real file system of its own that is small: a tmpfs in a mount namespace, which needs no root. Skipped where the machine does not allow that.</summary>
public sealed class SmallDiskTests
{
    private const int Lines = 20_000;

    [Fact]
    public async Task A_run_without_room_waits_says_so_once_and_goes_on_when_there_is_room()
    {
        await using var bench = await OpenAsync();
        var feed = WriteFeed(bench);
        using var program = AtlasProgram.StartInShell(
            "exec unshare -rm sh -c 'mount -t tmpfs -o size=96m tmpfs state && head -c 70000000 /dev/zero > state/filler && exec \"$@\"' sh \"$@\"",
            bench.Folder, [.. Run(bench, feed), "--set", "disk_reserve_bytes=33554432"]);
        program.CloseInput();

        // Long enough for it to start, and for many looks at the disk.
        await Task.WhenAny(program.WaitAsync(), Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken));
        Assert.False(program.HasExited, program.HasExited ? (await program.WaitAsync()).ToString() : "");
        File.Delete($"/proc/{program.Id}/root{bench.State}/filler");
        var result = await program.WaitAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(Lines, result.Report.GetProperty("admitted").GetInt64());
        Assert.Single(result.Errors.Split('\n'), line => line.Contains("Nothing new is taken in", StringComparison.Ordinal));
        Assert.Single(result.Errors.Split('\n'), line => line.Contains("There is room again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Intake_stops_before_a_small_disk_is_full_and_a_signal_ends_the_run_in_order()
    {
        await using var bench = await OpenAsync();
        var feed = WriteFeed(bench, lines: 1_500_000);
        using var program = AtlasProgram.StartInShell(
            "exec unshare -rm sh -c 'mount -t tmpfs -o size=192m tmpfs state && exec \"$@\"' sh \"$@\"",
            bench.Folder, [.. Run(bench, feed), "--set", "disk_reserve_bytes=100663296"]);
        program.CloseInput();

        await program.WhenSaidAsync("Nothing new is taken in");
        program.Signal("TERM");
        var result = await program.WaitAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.True(result.Report.GetProperty("balanced").GetBoolean());
        Assert.InRange(result.Report.GetProperty("admitted").GetInt64(), 1, 1_499_999);
    }

    [Fact]
    public async Task A_disk_that_is_full_all_the_same_fails_the_run_and_the_next_one_has_lost_nothing()
    {
        await using var bench = await OpenAsync();
        var feed = WriteFeed(bench);
        using var script = AtlasProgram.StartInShell(
            """
            exec unshare -rm sh -c 'mount -t tmpfs -o size=2m tmpfs state
            "$@" --report full.json; echo $? > full.exit
            mount -o remount,size=128m state
            exec "$@" --report rest.json' sh "$@"
            """,
            bench.Folder, [.. Run(bench, feed, report: null), "--set", "disk_reserve_bytes=0"]);
        script.CloseInput();
        var rest = await script.WaitAsync();

        Assert.Equal("1", (await File.ReadAllTextAsync(Path.Combine(bench.Folder, "full.exit"), TestContext.Current.CancellationToken)).Trim());
        Assert.Contains("The run failed:", rest.Errors, StringComparison.Ordinal);
        Assert.Contains("No space left on device", rest.Errors, StringComparison.Ordinal);
        Assert.Contains(bench.State, rest.Errors, StringComparison.Ordinal);
        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal(Lines, Received(bench, "full.json") + Received(bench, "rest.json"));
    }

    [Fact]
    public async Task A_state_that_may_only_be_read_fails_the_run_and_the_next_one_goes_on()
    {
        await using var bench = await OpenAsync();
        var feed = WriteFeed(bench);
        using var script = AtlasProgram.StartInShell(
            """
            exec unshare -rm sh -c 'mount -t tmpfs -o size=128m tmpfs state
            "$@" --report first.json || exit 9
            mount -o remount,ro state
            "$@"; echo $? > readonly.exit
            mount -o remount,rw state
            exec "$@" --report rest.json' sh "$@"
            """,
            bench.Folder, [.. Run(bench, feed, report: null), "--set", "disk_reserve_bytes=0"]);
        script.CloseInput();
        var rest = await script.WaitAsync();

        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal("1", (await File.ReadAllTextAsync(Path.Combine(bench.Folder, "readonly.exit"), TestContext.Current.CancellationToken)).Trim());
        Assert.Contains("Read-only file system", rest.Errors, StringComparison.Ordinal);
        Assert.Contains(bench.State, rest.Errors, StringComparison.Ordinal);
        Assert.Equal(Lines, Received(bench, "first.json") + Received(bench, "rest.json"));
    }

    [Fact]
    public async Task A_state_directory_that_is_taken_away_during_a_run_ends_it_with_1_and_is_named()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        var ledger = Path.Combine(bench.State, "ledger.db");
        while (!File.Exists(ledger + "-wal"))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await program.WriteAsync(bench.Url("/page/10/1") + "\n");
        await bench.WhenRequestedAsync();

        Directory.Move(bench.State, bench.State + ".away");
        var result = await program.WaitAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"The state directory {bench.State} was taken away", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>A bench with an empty state directory, where a file system can be put on it.</summary>
    private static async Task<Workbench> OpenAsync()
    {
        var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(bench.State);
        if (await CanMountAsync(bench.State))
            return bench;
        await bench.DisposeAsync();
        Assert.Skip("This machine does not let us mount a small file system: no unshare, or no user namespaces.");
        return bench;
    }

    private static async Task<bool> CanMountAsync(string directory)
    {
        try
        {
            using var trying = Process.Start(new ProcessStartInfo("unshare", ["-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]) { RedirectStandardError = true })!;
            await trying.WaitForExitAsync(TestContext.Current.CancellationToken);
            return trying.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string WriteFeed(Workbench bench, int lines = Lines)
    {
        var path = Path.Combine(bench.Folder, "feed.log");
        File.WriteAllLines(path, Enumerable.Range(0, lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"http://host{i}.test/a/path/that/takes/some/room/{i}")));
        return path;
    }

    private static string[] Run(Workbench bench, string feed, string? report = "-") =>
    [
        "run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--quiet", .. report is null ? Array.Empty<string>() : ["--report", report],
        "--set", $"sources.feed.paths=[\"{feed}\"]", "--set", "sources.feed.follow=false", "--set", "stages.dedup.expected_urls=1000",
    ];

    private static long Received(Workbench bench, string report) =>
        new ProgramResult(0, File.ReadAllText(Path.Combine(bench.Folder, report)), "").Report.GetProperty("received").GetInt64();
}
