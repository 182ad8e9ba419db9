using System.Globalization;
using System.Text.Json;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Documents that are asked for again, by the real program: under conditions, stored once, and never lost.</summary>
public sealed class RefetchTests
{
    private const string AfterADay = "stages.fetch.refetch_after=1d";

    [Fact]
    public async Task What_has_not_changed_is_asked_for_under_conditions_and_not_stored_twice()
    {
        const int Pages = 20;
        await using var bench = await Workbench.OpenAsync();
        await FetchAsync(bench, Pages);
        var (stored, before) = (StoredBytes(bench), bench.Site.Requests.Total);
        Assert.Equal(0, bench.Site.Requests.Conditional);
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);

        var again = await RunAsync(bench, "stages.fetch.refetch_after=1s");

        AssertRefetches(again, notModified: Pages);
        Assert.Equal((Pages, Pages, Pages), (bench.Site.Requests.Total - before, bench.Site.Requests.Conditional, bench.Site.Requests.NotModified));
        Assert.Equal((Pages, 0), (again.Report.GetProperty("done").GetInt64(), again.Report.GetProperty("received").GetInt64()));
        Assert.Equal(stored, StoredBytes(bench));
        var documents = await ExportAsync(bench);
        Assert.Equal(Pages, documents.Count);
        Assert.All(documents, document => Assert.True(document.GetProperty("checked_at").GetDateTimeOffset() > document.GetProperty("fetched_at").GetDateTimeOffset()));
        await AssertSoundAsync(bench);
    }

    [Fact]
    public async Task Without_the_setting_and_before_the_time_nothing_is_asked_for_again()
    {
        await using var bench = await Workbench.OpenAsync();
        await FetchAsync(bench, pages: 3);
        AgeDocuments(bench, days: 2);
        var never = await RunAsync(bench);

        var notYet = await RunAsync(bench, "stages.fetch.refetch_after=3d");

        Assert.Equal(3, bench.Site.Requests.Total);
        Assert.False(never.Report.TryGetProperty("refetches", out _));
        Assert.False(notYet.Report.TryGetProperty("refetches", out _));
    }

    [Fact]
    public async Task A_page_that_has_changed_gets_a_new_version_and_one_that_is_gone_keeps_its_document()
    {
        await using var bench = await Workbench.OpenAsync();
        await FetchAsync(bench, pages: 4);
        var first = await ExportAsync(bench);
        AgeDocuments(bench, days: 2);
        bench.Site.Requests.Change(Page(bench, 1), version: 1);
        bench.Site.Requests.Change(Page(bench, 2), version: 0, status: 404);
        bench.Site.Requests.Change(Page(bench, 3), version: 0, status: 302);

        var changed = await RunAsync(bench, AfterADay);

        AssertRefetches(changed, notModified: 1, changed: 1, unchanged: 0, ("http_404", 1), ("moved", 1));
        Assert.Equal((5, 1), (changed.Report.GetProperty("done").GetInt64(), changed.Report.GetProperty("redirect_targets").GetInt64()));
        Assert.Empty(changed.Report.GetProperty("dead").EnumerateObject());
        var known = await CheckAsync(bench, Url(bench, 1), Url(bench, 2), Url(bench, 3));
        Assert.Equal(["done", "done", "done"], known.Select(answer => answer.GetProperty("state").GetString()));
        Assert.Equal(["-", "http_404", "moved"], known.Select(answer => answer.TryGetProperty("check_failure", out var failure) ? failure.GetString() : "-"));
        var second = await ExportAsync(bench);
        Assert.Contains(">1<", BodyOf(second, bench, 1), StringComparison.Ordinal);
        Assert.Equal(BodyOf(first, bench, 2), BodyOf(second, bench, 2));
        await AssertSoundAsync(bench);

        // And back: the body that comes back is stored already, and both pages are there again.
        AgeDocuments(bench, days: 2);
        for (var page = 1; page <= 3; page++)
            bench.Site.Requests.Change(Page(bench, page), version: 0);
        var back = await RunAsync(bench, AfterADay);

        // The page where the third had led is asked for too; it has no validators.
        AssertRefetches(back, notModified: 3, changed: 1, unchanged: 1);
        Assert.Equal(BodyOf(first, bench, 1), BodyOf(await ExportAsync(bench), bench, 1));
        using var ledger = bench.OpenLedger();
        Assert.Equal(0, ledger.Scalar("SELECT count(*) FROM content_metadata WHERE check_failure IS NOT NULL"));
        Assert.Equal(1, ledger.Scalar("SELECT count(DISTINCT v.body_offset) FROM document_versions v JOIN content_metadata m USING (content_id, segment, body_offset)"));
        await AssertSoundAsync(bench);
    }

    [Fact]
    public async Task A_run_that_goes_on_asks_again_whenever_the_time_has_come()
    {
        await using var bench = await Workbench.OpenAsync();
        var list = bench.Write("list.log", Url(bench, 1) + "\n" + Url(bench, 2) + "\n");
        var pipeline = bench.Write("follow.yaml", File.ReadAllText(Workbench.Shipped("tail.yaml")) + "  fetch:     { from: buffer }\n  persist:   { from: fetch }\n");
        string[] arguments = [.. bench.Run("tail.yaml", "--set", $"sources.feed.paths=[{list}]", "--set", "sources.feed.poll_ms=20", "--set", "stages.fetch.refetch_after=1s")];
        arguments[1] = pipeline;
        using var program = AtlasProgram.Start(bench.Folder, arguments);

        while (bench.Site.Requests.NotModified < 6 && !program.HasExited)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        program.Signal("TERM");
        var ended = await program.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.True(ended.Report.GetProperty("balanced").GetBoolean());
        Assert.InRange(ended.Report.GetProperty("refetches").GetProperty("not_modified").GetInt64(), 6, 12);
        Assert.Equal(2, ended.Report.GetProperty("done").GetInt64());
    }

    [Fact]
    public async Task Links_of_a_page_that_has_changed_are_followed_and_the_run_ends()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", Url(bench, 1));
        var first = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("discover.yaml"));
        Assert.Equal(2, first.Report.GetProperty("done").GetInt64());
        AgeDocuments(bench, days: 2);
        bench.Site.Requests.Change(Page(bench, 1), version: 1);

        var again = await AtlasProgram.RunAsync(bench.Folder, input: null, bench.Run("discover.yaml", "--set", AfterADay));

        AssertRefetches(again, changed: 1, unchanged: 1);
        Assert.Equal(3, again.Report.GetProperty("done").GetInt64());
        Assert.Contains(bench.Site.Requests.Pages, page => page.EndsWith("/page/100/of-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kills_in_the_middle_lose_nothing_and_record_nothing_twice()
    {
        const int Pages = 120, Changed = 40, Kills = 4;
        await using var bench = await Workbench.OpenAsync();
        await FetchAsync(bench, Pages, milliseconds: 40);
        AgeDocuments(bench, days: 2);
        for (var page = 1; page <= Changed; page++)
            bench.Site.Requests.Change(Page(bench, page, 40), version: 1);
        for (var page = Changed + 1; page <= Changed + 10; page++)
            bench.Site.Requests.Change(Page(bench, page, 40), version: 0, status: 410);
        bench.Site.Requests.Reset();
        string[] run = bench.Run("minimal.yaml", "--set", AfterADay, "--set", "stages.fetch.concurrency=4", "--set", "stages.fetch.robots=false");
        var chance = new Random(20_261_127);

        for (var round = 0; round < Kills; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, run);
            program.CloseInput();
            var asked = bench.Site.Requests.Total;
            while (bench.Site.Requests.Total < asked + 10 && !program.HasExited)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            await Task.Delay(chance.Next(0, 100), TestContext.Current.CancellationToken);
            program.Kill();
            await program.WaitAsync();
        }

        var last = await AtlasProgram.RunAsync(bench.Folder, input: null, run);

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal((Pages, 0), (last.Report.GetProperty("done").GetInt64(), last.Report.GetProperty("refetches").GetProperty("waiting").GetInt64()));
        Assert.Equal(Pages, bench.Site.Requests.Distinct);
        Assert.InRange(bench.Site.Requests.MostOfOnePage, 1, Kills + 1);
        await AssertSoundAsync(bench);
        using var ledger = bench.OpenLedger();
        Assert.Equal((Pages, Changed, 10), (ledger.Scalar("SELECT count(*) FROM content_metadata"), ledger.Scalar("SELECT count(*) FROM document_versions"), ledger.Scalar("SELECT count(*) FROM content_metadata WHERE check_failure = 'http_410'")));
        Assert.Equal((Pages, 0, 0), (ledger.Scalar("SELECT count(*) FROM checked"), ledger.Scalar("SELECT count(*) FROM work"), ledger.Scalar("SELECT count(*) FROM dead")));
    }

    /// <summary>A document goes from one place to the next in one transaction.</summary>
    [Theory]
    [InlineData("taken-again:1")]
    [InlineData("checked:1")]
    [InlineData("checked:5")]
    [InlineData("checked-committed:1")]
    [InlineData("document-committed:1")]
    public async Task A_kill_inside_or_right_after_the_transaction_of_a_check_leaves_all_of_it_or_nothing(string point)
    {
        const int Pages = 6;
        await using var bench = await Workbench.OpenAsync();
        await FetchAsync(bench, Pages);
        AgeDocuments(bench, days: 2);
        for (var page = 1; page <= Pages; page += 2)
            bench.Site.Requests.Change(Page(bench, page), version: 1);
        var input = bench.Write("more", point.StartsWith("document", StringComparison.Ordinal) ? Url(bench, 99) + "\n" : "");

        using (var program = AtlasProgram.StartUnderFaults(bench.Folder, point, Path.Combine(bench.Folder, "acknowledged"), bench.Run("minimal.yaml", "--set", AfterADay)))
        {
            await program.FeedAsync(input);
            var killed = await program.WaitAsync();
            Assert.True(killed.ExitCode == 128 + 9, killed.ToString());
        }

        await AssertSoundAsync(bench);
        var last = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml", "--set", AfterADay));

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        await AssertSoundAsync(bench);
        using var ledger = bench.OpenLedger();
        Assert.Equal((Pages, 3, 0), (ledger.Scalar("SELECT count(*) FROM checked"), ledger.Scalar("SELECT count(*) FROM document_versions"), ledger.Scalar("SELECT count(*) FROM work")));
    }

    private static async Task FetchAsync(Workbench bench, int pages, int milliseconds = 0)
    {
        var input = bench.Write("list", string.Concat(Enumerable.Range(1, pages).Select(page => Url(bench, page, milliseconds) + "\n")));
        var result = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(pages, result.Report.GetProperty("done").GetInt64());
        Assert.False(result.Report.TryGetProperty("refetches", out _));
    }

    private static Task<ProgramResult> RunAsync(Workbench bench, params string[] settings) =>
        AtlasProgram.RunAsync(bench.Folder, input: null, bench.Run("minimal.yaml", [.. settings.SelectMany(setting => new[] { "--set", setting })]));

    private static string Url(Workbench bench, int page, int milliseconds = 0) => bench.Url(string.Create(CultureInfo.InvariantCulture, $"/version/{milliseconds}/{page}"), host: 1 + (page % 50));

    private static string Page(Workbench bench, int page, int milliseconds = 0) => Url(bench, page, milliseconds)["http://".Length..];

    /// <summary>As if all that was fetched and checked had been so many days earlier.</summary>
    private static void AgeDocuments(Workbench bench, int days)
    {
        using var ledger = SqlConnection.Open(Path.Combine(bench.State, "ledger.db"));
        ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            UPDATE content_metadata SET fetched_at = fetched_at - {days} * 86400000, checked_at = checked_at - {days} * 86400000, check_failed_at = check_failed_at - {days} * 86400000;
            UPDATE checked SET at = at - {days} * 86400000
            """));
    }

    /// <summary>How far bodies and headers reach.</summary>
    private static string StoredBytes(Workbench bench)
    {
        using var ledger = bench.OpenLedger();
        return ledger.Text("SELECT segment || ' ' || end_offset FROM bodies_tail");
    }

    private static void AssertRefetches(ProgramResult result, int notModified = 0, int changed = 0, int unchanged = 0, params (string Reason, long Count)[] failed)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.True(result.Report.GetProperty("balanced").GetBoolean());
        var refetches = result.Report.GetProperty("refetches");
        Assert.Equal((notModified, changed, unchanged, 0), (Of("not_modified"), Of("changed"), Of("unchanged"), Of("waiting")));
        Assert.Equal(failed, refetches.GetProperty("refetch_failed").EnumerateObject().Select(reason => (reason.Name, reason.Value.GetInt64())));

        long Of(string name) => refetches.GetProperty(name).GetInt64();
    }

    private static async Task AssertSoundAsync(Workbench bench)
    {
        var fsck = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);
        Assert.True(fsck.ExitCode == 0, fsck.ToString());
    }

    private static async Task<List<JsonElement>> CheckAsync(Workbench bench, params string[] urls) => Lines(await AtlasProgram.RunAsync(bench.Folder, input: null, ["check", "--state", bench.State, "--json", "--quiet", .. urls]));

    private static async Task<List<JsonElement>> ExportAsync(Workbench bench) => Lines(await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--quiet"));

    private static string BodyOf(List<JsonElement> documents, Workbench bench, int page) => documents.Single(document => document.GetProperty("url").GetString() == Url(bench, page)).GetProperty("body").GetString()!;

    private static List<JsonElement> Lines(ProgramResult result)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        return [.. result.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
