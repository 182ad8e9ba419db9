using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.LegacyData;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>atlas migrate</c> with the real program, as an operator would: what is there, what would be done, do it, look for every row, run, take it back.</summary>
public sealed class MigrateTests
{
    private const string Queue = """
        name: queue
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          dedup: { from: classify }
          buffer: { from: dedup }
        """;

    [Fact]
    public Task A_tenth_of_the_roadmaps_database_moves_in_and_out_again() => MoveAsync(new LegacySizes().Times(0.1));

    [Fact, Trait("length", "long"), Trait("run", "migrate")]
    public Task The_roadmaps_database_moves_in_and_out_again()
    {
        Assert.Equal((52_943, 19_589, 19_415), (new LegacySizes().Queue, new LegacySizes().Files, new LegacySizes().Orphans));
        return MoveAsync(new LegacySizes());
    }

    /// <summary>Without what is asked of the smaller one already.</summary>
    [Fact, Trait("length", "long"), Trait("run", "migrate")]
    public async Task Twenty_times_the_roadmaps_database_moves_in_and_out_again()
    {
        await using var bench = await Workbench.OpenAsync();
        var file = Path.Combine(bench.Folder, "atlas_v2.db");
        var counts = LegacyDatabase.Write(file, LegacyEra.Altered, new LegacySizes().Times(20));
        Assert.Equal(20 * 19_589, counts.Files);

        await DoneAsync(bench, "migrate", "plan", file, "--state", bench.State, "--out", "plan.json");
        await DoneAsync(bench, "migrate", "apply", "plan.json", "--yes");
        var verified = await DoneAsync(bench, "migrate", "verify", "--state", bench.State, "--json");

        Assert.True(verified.Report.GetProperty("clean").GetBoolean());
        AssertMoved(bench, counts);
        await DoneAsync(bench, "migrate", "rollback", "--state", bench.State, "--yes");
        Assert.Empty(Directory.EnumerateFileSystemEntries(bench.State));
    }

    [Fact]
    public Task Killed_at_three_random_moments_apply_ends_in_the_same_digest() => KillAsync(new LegacySizes().Times(0.3), kills: 3);

    [Fact, Trait("length", "long"), Trait("run", "migrate")]
    public Task Killed_at_fifty_random_moments_apply_ends_in_the_same_digest() => KillAsync(new LegacySizes().Times(0.3), kills: 50);

    [Fact]
    public async Task What_was_queued_is_fetched_by_a_run_the_most_urgent_first_and_then_verifies_too()
    {
        await using var bench = await Workbench.OpenAsync();
        var file = Path.Combine(bench.Folder, "legacy.db");
        string[] priorities = ["low", "10", "100", "normal", "high", "50"];
        using (var legacy = SqlConnection.Open(file))
        {
            legacy.Execute("CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, status TEXT DEFAULT 'pending', priority TEXT, retry_count INTEGER DEFAULT 0, created_at TEXT)");
            for (var i = 0; i < 30; i++)
                legacy.Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO processing_queue(content_id, source_url, priority, created_at) VALUES('id-{i}', '{bench.Url($"/version/20/{i}")}', '{priorities[i % priorities.Length]}', '2025-09-0{1 + (i % 9)}T10:00:00')"));
        }

        await DoneAsync(bench, "migrate", "plan", file, "--state", bench.State, "--out", "plan.json");
        await DoneAsync(bench, "migrate", "apply", "plan.json", "--yes");
        var run = await AtlasProgram.RunAsync(bench.Folder, bench.Write("none", ""), bench.Run("minimal.yaml", "--set", "stages.fetch.per_host_concurrency=1"));
        var verified = await DoneAsync(bench, "migrate", "verify", "--state", bench.State);
        var refused = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "rollback", "--state", bench.State, "--yes");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal((30, 0), (run.Report.GetProperty("done").GetInt64(), run.Report.GetProperty("queued").GetInt64()));
        Assert.Contains("Clean", verified.Output, StringComparison.Ordinal);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--force", refused.Errors, StringComparison.Ordinal);
        using var ledger = bench.OpenLedger();
        var order = ledger.Text("SELECT group_concat(level, '') FROM (SELECT CASE WHEN EXISTS(SELECT 1 FROM queue_critical q WHERE q.seq = m.seq) THEN 1 WHEN EXISTS(SELECT 1 FROM queue_high q WHERE q.seq = m.seq) THEN 2 WHEN EXISTS(SELECT 1 FROM queue_normal q WHERE q.seq = m.seq) THEN 3 WHEN EXISTS(SELECT 1 FROM queue_low q WHERE q.seq = m.seq) THEN 4 ELSE 5 END AS level FROM content_metadata m ORDER BY m.id)");
        Assert.Equal("111112222233333333334444455555", order);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_with_its_exit_code_and_nothing_is_changed()
    {
        await using var bench = await Workbench.OpenAsync();
        var text = bench.Write("notes.db", string.Concat(Enumerable.Repeat("no database\n", 100)));

        var missing = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "inventory", "gone.db");
        var noDatabase = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "inventory", text);
        var noZone = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "inventory", text, "--timezone", "Atlantis");
        var noPlan = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "apply", text, "--yes");
        var nothing = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "verify", "--state", bench.State);

        Assert.Equal((2, 1, 2, 2, 2), (missing.ExitCode, noDatabase.ExitCode, noZone.ExitCode, noPlan.ExitCode, nothing.ExitCode));
        Assert.Contains("There is no file gone.db.", missing.Errors, StringComparison.Ordinal);
        Assert.Contains("notes.db", noDatabase.Errors, StringComparison.Ordinal);
        Assert.Contains("no zone 'Atlantis'", noZone.Errors, StringComparison.Ordinal);
        Assert.Contains("no plan that can be applied", noPlan.Errors, StringComparison.Ordinal);
    }

    private static async Task MoveAsync(LegacySizes sizes)
    {
        await using var bench = await Workbench.OpenAsync();
        var file = Path.Combine(bench.Folder, "atlas_v2.db");
        var counts = LegacyDatabase.Write(file, LegacyEra.Altered, sizes);
        var pipeline = bench.Write("queue.yaml", Queue);
        Directory.CreateDirectory(bench.State);

        var inventory = await DoneAsync(bench, "migrate", "inventory", file, "--json");
        var plan = await DoneAsync(bench, "migrate", "plan", file, "--state", bench.State, "--out", "plan.json", "--pipeline", pipeline);
        var unasked = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "apply", "plan.json");
        await DoneAsync(bench, "migrate", "apply", "plan.json", "--yes");
        var verified = await DoneAsync(bench, "migrate", "verify", "--state", bench.State, "--json");
        var fsck = await DoneAsync(bench, "fsck", pipeline, "--state", bench.State);

        var lines = inventory.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Enumerable.Range(1, 11), lines.Where(line => line.GetProperty("kind").GetString() == "defect").Select(line => line.GetProperty("number").GetInt32()));
        Assert.Contains("scheme_file", plan.Output, StringComparison.Ordinal);
        Assert.Equal(2, unasked.ExitCode);
        Assert.Contains("Nothing was done: give --yes", unasked.Errors, StringComparison.Ordinal);
        Assert.True(verified.Report.GetProperty("clean").GetBoolean());
        Assert.Contains("clean", fsck.Output, StringComparison.Ordinal);
        AssertMoved(bench, counts);

        // What it has is known to a run: the index is made from the ledger.
        var list = bench.Write("list", Urls(file));
        var run = await AtlasProgram.RunAsync(bench.Folder, list, "run", pipeline, "--state", bench.State, "--report", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(counts.GivenUp, run.Report.GetProperty("admitted").GetInt64());
        var export = await DoneAsync(bench, "export", "--state", bench.State);
        Assert.Equal(counts.WithContent, export.Output.Count(character => character == '\n'));

        await DoneAsync(bench, "migrate", "rollback", "--state", bench.State, "--yes", "--force");
        Assert.Empty(Directory.EnumerateFileSystemEntries(bench.State));
    }

    private static void AssertMoved(Workbench bench, LegacyCounts counts)
    {
        using var ledger = bench.OpenLedger();
        Assert.Equal(0, ledger.Scalar("SELECT count(*) FROM processing_queue WHERE source_url LIKE 'file:%'"));
        Assert.Equal(counts.Files, ledger.Scalar("SELECT count(*) FROM dead_letter_queue WHERE failure_classification = 'scheme_file'"));
        Assert.Equal((counts.Wanted - counts.WithContent, counts.WithContent), (ledger.Scalar("SELECT count(*) FROM processing_queue"), ledger.Scalar("SELECT count(*) FROM content_metadata")));
        Assert.Equal(counts.Wanted - counts.WithContent, ledger.Scalar("SELECT count(DISTINCT content_id) FROM processing_queue"));

        // Each is of the class that one of its own rows names, as a word or as a number that was text.
        foreach (var (level, texts) in new[] { ("critical", "'100'"), ("high", "'80', 'high'"), ("normal", "'50', 'normal'"), ("low", "'20', 'low'"), ("cleanup", "'10'") })
        {
            var rows = $"FROM queue_{level} q JOIN letter_notes n ON n.seq = q.seq, json_each(n.facts, '$.rows') row WHERE json_extract(row.value, '$.priority') IS NOT NULL AND q.seq NOT IN (SELECT seq FROM content_metadata) GROUP BY q.seq";
            Assert.InRange(ledger.Scalar($"SELECT count(*) FROM (SELECT q.seq {rows})"), 1, int.MaxValue);
            Assert.Equal(0, ledger.Scalar($"SELECT count(*) FROM (SELECT q.seq {rows} HAVING sum(json_extract(row.value, '$.priority') IN ({texts})) = 0)"));
        }
    }

    private static async Task KillAsync(LegacySizes sizes, int kills)
    {
        await using var bench = await Workbench.OpenAsync();
        var file = Path.Combine(bench.Folder, "atlas_v2.db");
        LegacyDatabase.Write(file, LegacyEra.Altered, sizes);
        var chance = new Random(kills);
        var began = TimeProvider.System.GetTimestamp();
        var reference = await ApplyAsync("undisturbed");
        var whole = TimeProvider.System.GetElapsedTime(began);

        for (var (killed, round) = (0, 0); killed < kills; round++)
        {
            var state = string.Create(CultureInfo.InvariantCulture, $"state-{round}");
            await PlanAsync(state);
            while (killed < kills)
            {
                using var apply = AtlasProgram.Start(bench.Folder, "migrate", "apply", "plan.json", "--yes", "--json", "--quiet");
                await Task.Delay(whole * chance.NextDouble(), TestContext.Current.CancellationToken);
                if (apply.HasExited)
                    break;
                apply.Kill();
                await apply.WaitAsync();
                killed++;
            }

            var again = await DoneAsync(bench, "migrate", "apply", "plan.json", "--yes", "--json");
            Assert.Equal(reference, again.Report.GetProperty("digest").GetString());

            // The same digest is the same rows: what holds of some of them holds of all.
            if (round % 5 == 0)
            {
                await DoneAsync(bench, "migrate", "verify", "--state", state);
                await DoneAsync(bench, "fsck", "--state", state);
            }

            await DoneAsync(bench, "migrate", "rollback", "--state", state, "--yes");
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.Folder, state)));
        }

        async Task<string> ApplyAsync(string state)
        {
            await PlanAsync(state);
            began = TimeProvider.System.GetTimestamp();
            return (await DoneAsync(bench, "migrate", "apply", "plan.json", "--yes", "--json")).Report.GetProperty("digest").GetString()!;
        }

        Task<ProgramResult> PlanAsync(string state) => DoneAsync(bench, "migrate", "plan", file, "--state", state, "--out", "plan.json");
    }

    private static string Urls(string file)
    {
        using var legacy = SqlConnection.Open(file, readOnly: true);
        var lines = new StringBuilder();
        var urls = legacy.Prepare("SELECT source_url FROM processing_queue UNION ALL SELECT source_url FROM content_metadata UNION ALL SELECT source_url FROM dead_letter_queue");
        while (urls.Step())
            lines.Append(urls.Text(0)).Append('\n');
        urls.Reset();
        return lines.ToString();
    }

    private static async Task<ProgramResult> DoneAsync(Workbench bench, params string[] arguments)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }
}
