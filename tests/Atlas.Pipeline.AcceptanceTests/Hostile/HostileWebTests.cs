using System.Globalization;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests.Hostile;

/// <summary>A web of which a third is down and a third answers with every fault there is: nothing of it comes through, and the good third does not feel it.</summary>
[Trait("run", "hostile")]
public sealed class HostileWebTests
{
    private const double MostRequestsPerPage = 1.1;

    /// <summary>Not its rate and memory: it begins as they end, and other tests run beside it.</summary>
    [Fact]
    public async Task Twenty_seconds_of_every_fault_leave_no_block_broken_and_the_books_balanced()
    {
        var folder = Directory.CreateTempSubdirectory("atlas-").FullName;
        try
        {
            await using var site = HostileSite.Start();

            var run = await HostileRun.RunAsync(folder, site, TimeSpan.FromSeconds(20), onlyGood: false);

            AssertUnharmed(run, site);
            Assert.InRange(run.GoodPerSecond, HostileRun.MostPerSecond / 2, double.MaxValue);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Undisturbed runs before and after it are what its rate is compared with.</summary>
    [Fact]
    [Trait("length", "long")]
    public async Task Ten_minutes_of_it_cost_good_hosts_at_most_a_tenth_of_their_rate_and_memory_stays_flat()
    {
        var time = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("ATLAS_HOSTILE_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 600);
        var undisturbedTime = time / 5 < TimeSpan.FromMinutes(1) ? time / 5 : TimeSpan.FromMinutes(1);
        var folder = Directory.CreateTempSubdirectory("atlas-").FullName;
        try
        {
            var before = await UndisturbedAsync(Path.Combine(folder, "before"), undisturbedTime);
            await using var site = HostileSite.Start();
            var run = await HostileRun.RunAsync(folder, site, time, onlyGood: false);
            var after = await UndisturbedAsync(Path.Combine(folder, "after"), undisturbedTime);

            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Good pages/s: {before:F1} and {after:F1} undisturbed, {run.GoodPerSecond:F1} hostile. Memory, MiB: {run.FirstHalfPeak >> 20} first half, {run.SecondHalfPeak >> 20} second."));
            AssertUnharmed(run, site);
            Assert.InRange(run.GoodPerSecond, 0.9 * (before + after) / 2, double.MaxValue);
            Assert.InRange(run.SecondHalfPeak, 1, (long)(1.15 * run.FirstHalfPeak));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> UndisturbedAsync(string folder, TimeSpan time)
    {
        Directory.CreateDirectory(folder);
        await using var site = HostileSite.Start();
        var run = await HostileRun.RunAsync(folder, site, time, onlyGood: true);
        Assert.True(run.Ended.ExitCode == 0, run.Ended.ToString());
        return run.GoodPerSecond;
    }

    private static void AssertUnharmed(HostileRun run, HostileSite site)
    {
        var report = run.Ended.Report;
        var asked = site.Good.Total + site.Faulty.Total + site.Silent.Total;
        var pages = site.Good.Distinct + site.Faulty.Distinct + site.Silent.Distinct;
        var faulty = (double)site.Faulty.Total / site.Faulty.Distinct;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{asked} requests for {pages} pages: {(double)asked / pages:F3} a page, {faulty:F3} of faulty hosts. Faults: {string.Join(", ", site.Played.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => $"{fault.Value} {fault.Key}"))}.\n{run.Ended.Output}"));

        Assert.True(run.Ended.ExitCode == 0, run.Ended.ToString());
        Assert.True(report.GetProperty("balanced").GetBoolean(), run.Ended.ToString());
        Assert.DoesNotContain("nobody expected", run.Ended.Errors, StringComparison.Ordinal);
        Assert.False(report.GetProperty("dead").TryGetProperty("unexpected", out _), run.Ended.ToString());
        Assert.InRange((double)asked / pages, 1, MostRequestsPerPage);

        // A good page is asked for once, whatever goes on around it.
        Assert.Equal(1, site.Good.MostOfOnePage);
        Assert.Equal(HostileSite.FaultKinds, site.Played.Count);
    }
}
