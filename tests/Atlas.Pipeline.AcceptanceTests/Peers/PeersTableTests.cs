using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Tests;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests.Peers;

/// <summary>What programs that fetch lists get wrong, ours by assertion and others by trial. Writes docs/peers.md.</summary>
[Trait("length", "long")]
[Trait("run", "peers")]
public sealed class PeersTableTests
{
    /// <summary>What the settings let be under way: requests and the places in front of them, and pages that wait for the sync that makes them durable (512 that persist works on, and the places in front of it).</summary>
    private const int MostUnderWay = Peer.Concurrency + 8 + 512 + 8;

    [Fact]
    public async Task Of_a_polluted_list_no_local_file_is_read_and_no_page_is_fetched_twice()
    {
        using var folder = new Scratch();
        await using var site = await ScriptedSite.StartAsync();

        var outcome = await PeerTrials.FetchPollutedAsync(Peer.Atlas(site.Port), site, folder.Path);

        AssertClean(outcome, folder.Path);
    }

    [Fact]
    public async Task A_kill_at_half_loses_nothing_fetches_again_only_what_was_under_way_and_is_back_within_a_second()
    {
        await using var site = await ScriptedSite.StartAsync();
        using var folder = new Scratch();

        var outcome = await PeerTrials.KillAsync(Peer.Atlas(site.Port), site, folder.Path);

        AssertNothingLost(outcome, folder.Path);
        Assert.NotNull(outcome.FirstPage);
        Assert.True(IsBusy() || outcome.FirstPage < TimeSpan.FromSeconds(1), outcome.ToString());
    }

    /// <summary>The page is written where docs are asked for; the times in it are of one run, so that nothing compares it.</summary>
    [Fact]
    public async Task The_table_of_peers_is_written_with_what_is_installed_here()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("ATLAS_WRITE_DOCS") == "1", "Minutes, and other programs: make docs-peers.");
        await using var site = await ScriptedSite.StartAsync();
        var polluted = new StringBuilder();
        var killed = new StringBuilder();
        foreach (var peer in (Peer[])[Peer.Atlas(site.Port), .. Peer.Others()])
        {
            if (await peer.FindVersionAsync() is not { } version)
            {
                polluted.Append(CultureInfo.InvariantCulture, $"| {peer.Name} | not installed here | | | | |\n");
                continue;
            }

            using var folder = new Scratch();
            var list = await PeerTrials.FetchPollutedAsync(peer, site, folder.Path);
            polluted.Append(CultureInfo.InvariantCulture, $"| {peer.Name} | {version} | {(list.ReadsLocalFiles ? "**reads it and keeps it**" : "not read")} | {list.FetchedAgain:N0} | {list.Missed:N0} of {list.Pages:N0} | {list.ExitCode} |\n");
            if (peer.Resumed is null)
            {
                killed.Append(CultureInfo.InvariantCulture, $"| {peer.Name} | {peer.Unresumed} | | | | | |\n");
                continue;
            }

            using var again = new Scratch();
            var kill = await PeerTrials.KillAsync(peer, site, again.Path);
            var firstPage = kill.FirstPage is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F2} s") : "none came";
            killed.Append(CultureInfo.InvariantCulture, $"| {peer.Name} | {kill.Before:N0} | {kill.Lost:N0} | {kill.FetchedAgain:N0} | {firstPage} | {kill.Restart.TotalSeconds:F1} s | {kill.ExitCode} |\n");
            if (peer.Name == "Atlas.Pipeline")
            {
                AssertClean(list, folder.Path);
                AssertNothingLost(kill, again.Path);
            }
        }

        File.WriteAllText(Path.Combine(Repository.Root, "docs", "peers.md"), PeersPage.Write(polluted.ToString(), killed.ToString()));
    }

    /// <summary>Whether more wants to run than the machine has cores for, this test's own part set aside: then its times say nothing. Where the system does not tell, it is not.</summary>
    private static bool IsBusy() =>
        File.Exists("/proc/loadavg") && double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) > 2 * Environment.ProcessorCount;

    private static void AssertClean(PollutedOutcome outcome, string folder)
    {
        var report = Report(folder);
        Assert.Equal((false, 0, 0, 0), (outcome.ReadsLocalFiles, outcome.Missed, outcome.FetchedAgain, outcome.ExitCode));
        Assert.True(report.GetProperty("balanced").GetBoolean());
        Assert.Equal(outcome.Pages, report.GetProperty("done").GetInt32());
        Assert.InRange(report.GetProperty("rejected").GetProperty("scheme_file").GetInt32(), PeerTrials.CanaryLines + 1, int.MaxValue);
    }

    private static void AssertNothingLost(KilledOutcome outcome, string folder)
    {
        TestContext.Current.TestOutputHelper!.WriteLine(outcome.ToString());
        Assert.Equal((0, 0), (outcome.Lost, outcome.ExitCode));
        Assert.InRange(outcome.Before, PeerTrials.KilledPages / 4, PeerTrials.KilledPages - 1);
        Assert.InRange(outcome.FetchedAgain, 0, MostUnderWay);
        Assert.Equal(PeerTrials.KilledPages, Report(folder).GetProperty("done").GetInt32());
    }

    private static JsonElement Report(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "out", "report.json"))).RootElement;

    private sealed class Scratch : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("atlas-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
