using System.Globalization;
using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Redirects, by the real program: what they lead to is a URL like any other, asked for once.</summary>
public sealed class RedirectTests
{
    [Fact]
    public async Task A_chain_ends_in_one_document_and_every_URL_of_it_is_an_alias()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await RunAsync(bench, "/redirect/3/page/100/x");

        AssertBooks(result, received: 5, targets: 4, done: 5, aliases: 4);
        Assert.Equal((5, 1), (bench.Site.Requests.Total, bench.Site.Requests.MostOfOnePage));
        var known = await CheckAsync(bench, bench.Url("/redirect/3/page/100/x"), bench.Url("/redirect/0/page/100/x"), bench.Url("/page/100/x"));
        Assert.Equal(["alias", "alias", "done"], known.Select(answer => answer.GetProperty("state").GetString()));
        Assert.Equal((bench.Url("/redirect/2/page/100/x"), known[2].GetProperty("content_id").GetString()), (known[0].GetProperty("redirects_to").GetString(), known[1].GetProperty("alias_of").GetString()));
        var document = JsonDocument.Parse(await ExportAsync(bench)).RootElement;
        Assert.Equal(bench.Url("/page/100/x"), document.GetProperty("url").GetString());
        Assert.Equal(["/redirect/3", "/redirect/2", "/redirect/1", "/redirect/0"], document.GetProperty("aliases").EnumerateArray().Select(alias => new Uri(alias.GetString()!).AbsolutePath[..11]));
    }

    [Theory]
    [InlineData("/redirect/4/page/100/x", 0)]
    [InlineData("/redirect/5/page/100/x", 1)]
    public async Task A_chain_is_followed_as_far_as_max_redirects(string path, int dead)
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await RunAsync(bench, path);

        Assert.Equal(dead, DeadOf(result, "too_many_redirects"));
        Assert.Equal(6, result.Report.GetProperty("received").GetInt64());
        Assert.Equal(6, bench.Site.Requests.Total);
    }

    [Fact]
    public async Task A_loop_ends_and_so_do_those_that_lead_into_it()
    {
        await using var bench = await Workbench.OpenAsync();
        var other = bench.Url("/to?url=", host: 2);

        // One leads to itself; another one to that, by way of a second host.
        var result = await RunAsync(bench, "/loop", $"/to?url={Uri.EscapeDataString(other + Uri.EscapeDataString(bench.Url("/loop")))}");

        AssertBooks(result, received: 3, targets: 1, done: 2, aliases: 2);
        Assert.Equal(1, DeadOf(result, "too_many_redirects"));
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
    }

    [Fact]
    public async Task A_target_that_is_known_is_not_asked_for_again_whoever_leads_there_and_however_spelled()
    {
        await using var bench = await Workbench.OpenAsync();
        var known = bench.Url("/page/100/known", host: 2);
        string[] spellings = [known, known + "?utm_source=x", known.Replace("/page", "/./page", StringComparison.Ordinal), known + "#part"];

        var result = await RunAsync(bench, [.. spellings.Select(spelling => $"/to?url={Uri.EscapeDataString(spelling)}"), "=" + known]);

        AssertBooks(result, received: 5, targets: 0, done: 5, aliases: 4);
        Assert.Equal((5, 1), (bench.Site.Requests.Total, bench.Site.Requests.MostOfOnePage));

        // And what a redirect has brought is no news as a line.
        await RunAsync(bench, $"/to?url={Uri.EscapeDataString(bench.Url("/page/100/new", host: 3))}");
        var later = await RunAsync(bench, "=" + bench.Url("/page/100/new", host: 3));
        Assert.Equal((1, 1), (later.Report.GetProperty("received").GetInt64(), later.Report.GetProperty("duplicates").GetInt64()));
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
    }

    [Fact]
    public async Task Many_that_lead_to_one_new_target_at_once_have_it_asked_for_once()
    {
        await using var bench = await Workbench.OpenAsync();
        var target = Uri.EscapeDataString(bench.Url("/slow/300/100/x", host: 99));

        var result = await RunAsync(bench, [.. Enumerable.Range(1, 40).Select(host => "=" + bench.Url($"/to?url={target}", host))]);

        AssertBooks(result, received: 41, targets: 1, done: 41, aliases: 40);
        Assert.Equal((41, 1), (bench.Site.Requests.Total, bench.Site.Requests.MostOfOnePage));
    }

    [Fact]
    public async Task Another_spelling_of_the_same_resource_is_asked_for_and_needs_no_row_of_its_own()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await RunAsync(bench, "/tracked/x");

        AssertBooks(result, received: 1, targets: 0, done: 1, aliases: 0);
        Assert.Equal(0, result.Report.GetProperty("retries").GetInt64());
        Assert.Equal(2, bench.Site.Requests.Total);
        var document = JsonDocument.Parse(await ExportAsync(bench)).RootElement;
        Assert.Equal((bench.Url("/tracked/x"), bench.Url("/tracked/x?utm_source=site"), 1), (document.GetProperty("url").GetString(), document.GetProperty("final_url").GetString(), document.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task What_rules_guard_and_robots_refuse_is_not_reached_by_a_redirect_either()
    {
        await using var bench = await Workbench.OpenAsync();
        string[] targets = [bench.Url("/page/10/x.zip"), "ftp://a.test/", $"http://10.255.255.1:{bench.Site.Port}/", "http://127.0.0.1:1/", bench.Url("/private/x", host: 7)];

        var result = await RunAsync(bench, ["--set", "stages.classify.rules=[{suffix: .zip, strategy: dead_letter}]"], [.. targets.Select(target => $"/to?url={Uri.EscapeDataString(target)}")]);

        // The first two are the end of those who lead there; the others are URLs of their own, with reasons of their own.
        AssertBooks(result, received: 8, targets: 3, done: 3, aliases: 3);
        Assert.Equal(
            "address_blocked 1, port_blocked 1, redirect_refused 2, robots_disallowed 1",
            string.Join(", ", result.Report.GetProperty("dead").EnumerateObject().Select(reason => $"{reason.Name} {reason.Value}")));
        Assert.Equal(5, bench.Site.Requests.Total);
        using var ledger = bench.OpenLedger();
        Assert.Equal(1, ledger.Scalar("SELECT count(*) FROM dead WHERE original_error LIKE '%/page/10/x.zip, which a pipeline refuses: ruled_out.'"));
    }

    [Fact]
    public async Task A_redirect_is_a_request_like_another_and_keeps_the_delay_of_its_host()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await RunAsync(bench, ["--set", "stages.fetch.per_host_delay_ms=400"], "/redirect/2/tracked/x");

        AssertBooks(result, received: 4, targets: 3, done: 4, aliases: 3);
        Assert.Equal(5, bench.Site.Requests.Total);
        Assert.InRange(result.Report.GetProperty("elapsed_s").GetDouble(), 4 * 0.4, double.MaxValue);
    }

    [Fact]
    public async Task Kills_in_the_middle_lose_nothing_and_double_nothing()
    {
        const int Lines = 40, Kills = 5;
        await using var bench = await Workbench.OpenAsync();
        var common = Uri.EscapeDataString(bench.Url("/page/50/common", host: 99));
        var input = bench.Write("list", string.Concat(Enumerable.Range(1, Lines).Select(i => $"{bench.Url($"/redirect/1/slow/60/200/{i}", i)}\n{bench.Url($"/to?url={common}", i)}\n{bench.Url($"/tracked/{i}", i)}\n")));
        string[] run = bench.Run("minimal.yaml", "--set", "stages.fetch.concurrency=4");
        var chance = new Random(20_261_127);

        for (var round = 0; round < Kills; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, run);
            await program.FeedAsync(input);
            var asked = bench.Site.Requests.Total;
            while (bench.Site.Requests.Total < asked + 8 && !program.HasExited)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            await Task.Delay(chance.Next(0, 200), TestContext.Current.CancellationToken);
            program.Kill();
            await program.WaitAsync();
        }

        var last = await AtlasProgram.RunAsync(bench.Folder, input, run);
        var fsck = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal((Lines * 5) + 1, last.Report.GetProperty("done").GetInt64());
        Assert.Equal(Lines * 3, last.Report.GetProperty("aliases").GetInt64());
        Assert.Empty(last.Report.GetProperty("dead").EnumerateObject());
        Assert.Equal(0, last.Report.GetProperty("dedup_authority_caught").GetInt64());
        Assert.InRange(bench.Site.Requests.MostOfOnePage, 1, Kills + 1);
        Assert.True(fsck.ExitCode == 0, fsck.ToString());
        using var ledger = bench.OpenLedger();
        Assert.Equal((Lines * 2) + 1, ledger.Scalar("SELECT count(*) FROM content_metadata"));
    }

    /// <summary>The item's end, the alias and the row of its target are one transaction.</summary>
    [Theory]
    [InlineData("alias:1")]
    [InlineData("alias:4")]
    [InlineData("alias-committed:1")]
    public async Task A_kill_inside_or_right_after_the_transaction_of_an_alias_leaves_all_of_it_or_nothing(string point)
    {
        const int Lines = 6, Hops = 4;
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Concat(Enumerable.Range(1, Lines).Select(i => $"{bench.Url($"/redirect/{Hops - 1}/page/100/{i}", i)}\n")));
        for (var round = 1; round < Hops; round++)
        {
            using var program = AtlasProgram.StartUnderFaults(bench.Folder, point, Path.Combine(bench.Folder, "acknowledged"), bench.Run("minimal.yaml"));
            await program.FeedAsync(input);
            var killed = await program.WaitAsync();
            Assert.True(killed.ExitCode == 128 + 9, killed.ToString());
            var checkedAfter = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);
            Assert.True(checkedAfter.ExitCode == 0, checkedAfter.ToString());
        }

        var last = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal((Lines * (Hops + 1), Lines * Hops), (last.Report.GetProperty("done").GetInt64(), last.Report.GetProperty("aliases").GetInt64()));
        Assert.Equal(0, last.Report.GetProperty("dedup_authority_caught").GetInt64());
    }

    [Theory]
    [InlineData("/to?url=", 1 + 1 + 3 + 9)]
    [InlineData("/link?url=%2Fto%3Furl%3D", 1 + 1 + 1)]
    public async Task A_line_takes_its_scope_to_where_it_has_moved_and_a_found_link_does_not(string path, int done)
    {
        await using var bench = await Workbench.OpenAsync();
        var moved = Uri.EscapeDataString(bench.Url("/links/3/9/0/root", host: 2));
        var input = bench.Write("list", bench.Url(path + (path.StartsWith("/link", StringComparison.Ordinal) ? Uri.EscapeDataString(moved) : moved)));

        var result = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("discover.yaml", "--set", "stages.discover.max_depth=2"));

        // The page over there has three children, each of which has three.
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal((done, 1), (result.Report.GetProperty("done").GetInt64(), result.Report.GetProperty("aliases").GetInt64()));
    }

    [Fact]
    public async Task The_sitemaps_that_robots_txt_names_are_found_within_the_scope()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", bench.Url("/page/99/one", host: 8) + "\n" + bench.Url("/page/99/two", host: 8) + "\n");

        var result = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("discover.yaml"));

        // One of the two pages brings the host's own sitemap and what is no address, which is one relative to the page; the neighbour's is out of scope.
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(2 + 1 + 1 + 30, result.Report.GetProperty("done").GetInt64());
        Assert.DoesNotContain(bench.Site.Requests.Pages, page => page.StartsWith("127.0.0.9", StringComparison.Ordinal));
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
    }

    [Fact]
    public async Task Without_discovery_nobody_asks_for_sitemaps()
    {
        await using var bench = await Workbench.OpenAsync();

        await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", bench.Url("/page/100/1", host: 8)), bench.Run("minimal.yaml"));

        Assert.Equal(1, bench.Site.Requests.Total);
    }

    private static Task<ProgramResult> RunAsync(Workbench bench, params string[] paths) => RunAsync(bench, [], paths);

    /// <summary>Paths of the first host; what begins with an equals sign is a line as it is.</summary>
    private static async Task<ProgramResult> RunAsync(Workbench bench, string[] settings, params string[] paths)
    {
        var input = bench.Write("list", string.Concat(paths.Select(path => (path[0] == '=' ? path[1..] : bench.Url(path)) + "\n")));
        var result = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml", settings));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.True(result.Report.GetProperty("balanced").GetBoolean(), result.ToString());
        Assert.Equal(0, result.Report.GetProperty("queued").GetInt64());
        return result;
    }

    private static void AssertBooks(ProgramResult result, int received, int targets, int done, int aliases) => Assert.Equal(
        string.Create(CultureInfo.InvariantCulture, $"received {received}, redirect_targets {targets}, done {done}, aliases {aliases}"),
        string.Join(", ", new[] { "received", "redirect_targets", "done", "aliases" }.Select(name => $"{name} {result.Report.GetProperty(name)}")));

    private static int DeadOf(ProgramResult result, string reason) => result.Report.GetProperty("dead").TryGetProperty(reason, out var count) ? count.GetInt32() : 0;

    private static async Task<List<JsonElement>> CheckAsync(Workbench bench, params string[] urls)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, ["check", "--state", bench.State, "--json", "--quiet", .. urls]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return [.. result.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static async Task<string> ExportAsync(Workbench bench) => (await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--quiet")).Output;
}
