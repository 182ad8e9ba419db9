using System.Globalization;
using System.Net;
using System.Text;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Tests;
using Atlas.Urls;

namespace Atlas.Pipeline.AcceptanceTests.Guard;

/// <summary>Every way into the machine's own network, from every side: a server there sees nobody. Prints docs/guard.md.</summary>
public sealed class GuardTableTests
{
    private static readonly (string Host, string Meaning)[] Cases = [.. GuardCases.Literals.Select(host => (host, "")), .. GuardCases.Names.Select(name => (name.Host, $"DNS: {name.Meaning}"))];

    [Fact]
    public async Task No_spelling_and_no_answer_reaches_loopback_as_page_redirect_or_robots_file_and_the_page_says_so()
    {
        await using var canary = Canary.Listen();
        var page = new StringBuilder(Head(Cases.Length));
        var reached = new List<string>();
        foreach (var (host, meaning) in Cases)
        {
            var place = $"http://{host}:{canary.Port}/";
            var asPage = await FetchAsync(canary, place, robots: false);
            var asRedirect = await FetchAsync(canary, Redirect(canary, place), robots: false);
            var asRobots = await FetchAsync(canary, place, robots: true);
            if (canary.Hits > 0 || new[] { asPage, asRedirect, asRobots }.Any(verdict => verdict.Fate != Fate.DeadLetter))
                reached.Add($"{host}: {canary.Hits} hits, {asPage.Reason}, {asRedirect.Reason}, {asRobots.Reason}");
            page.Append(CultureInfo.InvariantCulture, $"| `{host}` | {meaning} | {asPage.Reason} | {asRedirect.Reason} | {asRobots.Reason} | {asPage.Detail} |\n");
        }

        Assert.Empty(reached);
        Assert.InRange(Cases.Length, 80, int.MaxValue);
        Check("docs/guard.md", page.ToString());
    }

    [Fact]
    public async Task A_robots_file_that_redirects_into_the_machine_is_not_followed_there()
    {
        await using var canary = Canary.Listen();
        foreach (var (host, _) in Cases)
        {
            canary.RobotsLeadTo = $"http://{host}:{canary.Port}/robots.txt";
            await FetchAsync(canary, $"http://site.example:{canary.Port}/", robots: true);
            Assert.True(canary.Hits == 0, host);
        }
    }

    [Fact]
    public async Task The_server_that_nobody_reached_is_there()
    {
        await using var canary = Canary.Listen();

        var verdict = await FetchAsync(canary, $"http://127.0.0.1:{canary.Port}/", robots: false, "127.0.0.0/8");

        Assert.Equal((Fate.Forward, 1), (verdict.Fate, canary.Hits));
    }

    [Fact]
    [Trait("length", "long")]
    [Trait("run", "guard")]
    public async Task The_program_asks_neither_them_nor_the_proxies_that_its_environment_names()
    {
        await using var bench = await Workbench.OpenAsync();
        await using var canary = Canary.Listen();
        var literals = GuardCases.Literals.Where(host => !host.EndsWith('.')).ToList();
        var input = bench.Write("urls.txt", string.Concat(literals.Select(host => $"http://{host}:{canary.Port}/\nhttps://{host}:{canary.Port}/x\n")));
        var proxies = string.Concat(new[] { "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy" }.Select(name => $"export {name}=http://127.0.0.1:{canary.Port}; "));
        using var program = AtlasProgram.StartInShell(
            proxies + "unset NO_PROXY no_proxy; exec dotnet \"$@\"",
            bench.Folder,
            ["run", Workbench.Shipped("crawl.yaml"), "--state", bench.State, "--report", "-", "--quiet", "--set", string.Create(CultureInfo.InvariantCulture, $"stages.fetch.allow_ports=[{canary.Port}]"), "--set", "stages.fetch.per_host_delay_ms=0"]);
        await program.FeedAsync(input);

        var ended = await program.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal((0, 0, 0), (canary.Hits, ended.Report.GetProperty("done").GetInt32(), ended.Report.GetProperty("queued").GetInt32()));
        Assert.Equal(["address_blocked"], ended.Report.GetProperty("dead").EnumerateObject().Select(reason => reason.Name));
    }

    private static string Redirect(Canary canary, string place) => $"http://site.example:{canary.Port}/to/{Uri.EscapeDataString(place)}";

    /// <summary>The second of two fetches, as a name may answer differently then.</summary>
    private static async Task<Verdict> FetchAsync(Canary canary, string url, bool robots, string allow = "127.0.0.2/32")
    {
        var options = new FetchOptions { Robots = robots, AllowPorts = [canary.Port], AllowNetworks = [IPNetwork.Parse(allow)] };
        using var stage = new FetchStage(options, new Seams(), resolve: GuardCases.Dns());
        var rebinds = url.Contains("rebind", StringComparison.Ordinal);
        var item = new WorkItem { Sequence = 1, ContentId = 1, Url = url, HostKey = HostKey.Of(Encoding.UTF8.GetBytes(url)), Priority = default };
        if (rebinds)
            await FollowAsync(stage, item);
        return await FollowAsync(stage, item);
    }

    /// <summary>What a redirect leads to is asked for as the pipeline does it: as an item with a host of its own.</summary>
    private static async Task<Verdict> FollowAsync(FetchStage stage, WorkItem item)
    {
        var verdict = await stage.ProcessAsync(item, TestContext.Current.CancellationToken);
        if (verdict.Fate == Fate.Redirect)
        {
            var target = item.RedirectsTo!.AbsoluteUri;
            verdict = await stage.ProcessAsync(item.AskedAt(target, HostKey.Of(Encoding.UTF8.GetBytes(target))), TestContext.Current.CancellationToken);
        }

        verdict.Item.Document?.Dispose();
        return verdict;
    }

    private static void Check(string file, string text)
    {
        var path = Path.Combine(Repository.Root, file);
        if (Environment.GetEnvironmentVariable("ATLAS_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);

        Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"{file} is stale. Run 'make docs-guard' and commit what it writes. It would be:\n{text}");
    }

    private static string Head(int cases) => string.Create(CultureInfo.InvariantCulture, $$"""
        <!-- Made by make docs-guard. Do not edit. -->
        # Whom a fetch never asks

        {{cases}} hosts that lead into the machine's own network or to nobody, each asked for in three ways on the real stage, with nothing but 127.0.0.2 allowed: as a page, as the target of a redirect from a site that may be asked, and as robots.txt. A server on 127.0.0.1 and ::1 counts who comes. It has seen nobody.

        The same hosts were given to the real program with `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` pointing at that server: it has seen nobody either. Certificates that name it as their issuer's place do not bring anybody there: nothing is downloaded while a certificate is checked.

        Not in the table, as the guard cannot know it: a public address of the own that leads back in through a router (hairpin NAT), and a NAT64 prefix that only the own network uses.

        | host | answer | as a page | as a redirect's target | as robots.txt | why |
        |---|---|---|---|---|---|

        """);
}
