using System.Diagnostics;
using Atlas.Pipeline.AcceptanceTests.Crash;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>A disk that does not answer any more: a second signal ends the program within seconds all the same, and nothing that was committed is lost.</summary>
public sealed class HangingDiskTests
{
    private const int Lines = 2_000;

    [Fact]
    public Task A_sync_of_the_WAL_that_hangs_does_not_hold_the_program() => AbortAsync("Sync:-wal:2");

    [Theory]
    [InlineData("Write:-wal:40")]
    [InlineData("Read:ledger.db:40")]
    [InlineData("Write:ledger.db:6")]
    [InlineData("Sync:ledger.db:3")]
    [InlineData("Share:ledger.db:60")]
    [InlineData("Write:ht.dat:1")]
    [InlineData("Write:filter.:1")]
    [InlineData("Write:log.0:1")]
    [InlineData("Sync:log.0:1")]
    [InlineData("Write:.seg:1")]
    [InlineData("Sync:.seg:2")]
    [InlineData("Delete:-wal:1")]
    [Trait("length", "long")]
    [Trait("run", "faults")]
    public Task A_disk_that_hangs_does_not_hold_the_program(string hang) => AbortAsync(hang);

    private static async Task AbortAsync(string hang)
    {
        await using var bench = await Workbench.OpenAsync();
        var list = bench.Write("list", string.Concat(Enumerable.Range(0, Lines).Select(number => CrashLines.Line(number, bench.Site.Port) + "\n")));
        var hung = Path.Combine(bench.Folder, "hung");
        using var program = AtlasProgram.StartOnAHangingDisk(bench.Folder, hang, hung, [.. bench.Run("minimal.yaml"), "--set", "stages.dedup.expected_urls=10000", "--set", "stages.dedup.checkpoint_every_urls=300"]);
        var feeding = program.FeedAsync(list);
        var patience = Stopwatch.StartNew();
        while (!File.Exists(hung))
        {
            Assert.True(!program.HasExited && patience.Elapsed < TimeSpan.FromMinutes(1), $"{hang}: the disk did not hang.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        program.Signal("TERM");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        program.Signal("TERM");
        var aborted = await program.WaitAsync(TimeSpan.FromSeconds(60));
        await feeding;
        var left = CrashedLedger.Read(bench.State);
        var rest = await AtlasProgram.RunAsync(bench.Folder, list, bench.Run("minimal.yaml", "--set", "stages.dedup.expected_urls=10000"));

        Assert.True(aborted.ExitCode is 1 or 143, aborted.ToString());
        Assert.True(rest.ExitCode == 0, rest.ToString());
        var whole = CrashedLedger.Read(bench.State);
        Assert.Empty(whole.Damage);
        Assert.Equal(left.Rows, whole.Rows.Take(left.Rows.Count));
        Assert.Equal(whole.Rows.Count, whole.Rows.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, Lines).Select(number => CrashLines.KeyOf(CrashLines.Line(number, bench.Site.Port))).ToHashSet(), whole.Rows.ToHashSet());
    }
}
