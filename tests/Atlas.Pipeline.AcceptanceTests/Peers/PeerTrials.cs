using System.Diagnostics;
using System.Text;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests.Peers;

/// <summary>What came of a polluted list.</summary>
/// <param name="ReadsLocalFiles">Whether the text of a local file that a <c>file:</c> line names is in what it stored.</param>
/// <param name="Pages">Distinct pages of the list.</param>
/// <param name="Missed">Pages of which no spelling was asked for.</param>
/// <param name="FetchedAgain">Requests beyond one for each page.</param>
/// <param name="ExitCode">Of the program.</param>
internal sealed record PollutedOutcome(bool ReadsLocalFiles, int Pages, int Missed, int FetchedAgain, int ExitCode);

/// <summary>What came of a kill at half of a list and the same command again.</summary>
/// <param name="Before">Pages asked for before the kill.</param>
/// <param name="Lost">Pages that were never asked for.</param>
/// <param name="FetchedAgain">Requests beyond one for each page.</param>
/// <param name="FirstPage">From the second start until its first request; null if there was none.</param>
/// <param name="Restart">From the second start until its end.</param>
/// <param name="ExitCode">Of the second run.</param>
internal sealed record KilledOutcome(int Before, int Lost, int FetchedAgain, TimeSpan? FirstPage, TimeSpan Restart, int ExitCode);

/// <summary>The two trials, the same for everybody. The web decides what was fetched, not what a program says.</summary>
internal static class PeerTrials
{
    public const int KilledPages = 20_000;

    /// <summary>Lines of the polluted list that name the local file.</summary>
    public const int CanaryLines = 3;

    private const string Secret = "the-text-of-a-local-file-that-nobody-may-take-along";
    private const int Hosts = 1_000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(6);

    public static PollutedCounts WritePolluted(string folder, int port, Func<string, int, string>? line)
    {
        var canary = Path.Combine(folder, "canary.txt");
        File.WriteAllText(canary, Secret);
        using var list = new MemoryStream();
        var counts = PollutedList.Write(list, lines: 45_821, Hosts, port, seed: 7, fileShare: 0.376, duplicateShare: 0.187);
        WriteLines(Path.Combine(folder, "list"), [.. Enumerable.Repeat($"file://{canary}", CanaryLines), .. Lines(list)], line);
        return counts;
    }

    /// <summary>Gives a peer the polluted list.</summary>
    public static async Task<PollutedOutcome> FetchPollutedAsync(Peer peer, ScriptedSite site, string folder)
    {
        var list = WritePolluted(folder, site.Port, peer.Line);
        var to = Directory.CreateDirectory(Path.Combine(folder, "out")).FullName;
        site.Requests.Reset();
        var exit = await RunAsync(peer.Once, Path.Combine(folder, "list"), to);
        var (missed, asked) = Answers(site, list.Distinct);
        return new PollutedOutcome(HoldsSecret(to), list.Distinct, missed, asked - (list.Distinct - missed), exit);
    }

    /// <summary>Kills a peer with SIGKILL when the web has seen half of the list, and gives the same command again.</summary>
    public static async Task<KilledOutcome> KillAsync(Peer peer, ScriptedSite site, string folder)
    {
        var list = Path.Combine(folder, "list");
        using (var text = new MemoryStream())
        {
            PollutedList.Write(text, KilledPages, Hosts, site.Port, seed: 8, fileShare: 0, duplicateShare: 0);
            WriteLines(list, Lines(text), peer.Line);
        }

        var to = Directory.CreateDirectory(Path.Combine(folder, "out")).FullName;
        site.Requests.Reset();
        using (var first = Peer.Start(peer.Resumed!, list, to))
        {
            Discard(first);
            var patience = Stopwatch.StartNew();
            while (site.Requests.Total < KilledPages / 2 && !first.HasExited && patience.Elapsed < Longest)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            first.Kill(entireProcessTree: true);
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // What it had sent is on its way to being counted.
        await Task.Delay(500, TestContext.Current.CancellationToken);
        var (before, total) = (site.Requests.Distinct, site.Requests.Total);
        var clock = Stopwatch.StartNew();
        using var second = Peer.Start(peer.Resumed!, list, to);
        Discard(second);
        TimeSpan? firstPage = null;
        while (!second.HasExited && clock.Elapsed < Longest)
        {
            if (firstPage is null && site.Requests.Total > total)
                firstPage = clock.Elapsed;
            await Task.Delay(firstPage is null ? 1 : 20, TestContext.Current.CancellationToken);
        }

        var restart = clock.Elapsed;
        var exit = await EndAsync(second);
        return new KilledOutcome(before, KilledPages - site.Requests.Distinct, (int)(site.Requests.Total - site.Requests.Distinct), firstPage, restart, exit);
    }

    private static async Task<int> RunAsync(string command, string list, string folder)
    {
        using var program = Peer.Start(command, list, folder);
        Discard(program);
        using var patience = new CancellationTokenSource(Longest);
        try
        {
            await program.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // It is ended below, and its exit code says so.
        }

        return await EndAsync(program);
    }

    private static async Task<int> EndAsync(Process program)
    {
        if (!program.HasExited)
            program.Kill(entireProcessTree: true);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        return program.ExitCode;
    }

    private static void Discard(Process program)
    {
        program.OutputDataReceived += static (_, _) => { };
        program.ErrorDataReceived += static (_, _) => { };
        program.BeginOutputReadLine();
        program.BeginErrorReadLine();
    }

    /// <summary>Pages nobody asked for, and requests for pages. Every page has a number, <c>id</c>, that all its spellings keep.</summary>
    private static (int Missed, int Asked) Answers(ScriptedSite site, int pages)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in site.Requests.Pages)
        {
            var at = target.IndexOf("id=", target.IndexOf('?', StringComparison.Ordinal), StringComparison.Ordinal);
            while (target[at - 1] is not ('?' or '&'))
                at = target.IndexOf("id=", at + 1, StringComparison.Ordinal);
            var end = target.IndexOfAny(['&', '#'], at);
            seen.Add(end < 0 ? target[at..] : target[at..end]);
        }

        return (pages - seen.Count, (int)site.Requests.Total);
    }

    private static bool HoldsSecret(string folder)
    {
        var secret = Encoding.ASCII.GetBytes(Secret);
        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any(file => File.ReadAllBytes(file).AsSpan().IndexOf(secret) >= 0);
    }

    private static string[] Lines(MemoryStream list) => Encoding.UTF8.GetString(list.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void WriteLines(string path, string[] urls, Func<string, int, string>? line) =>
        File.WriteAllText(path, string.Concat(urls.Select((url, number) => (line?.Invoke(url, number) ?? url) + "\n")));
}
