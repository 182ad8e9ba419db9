using Atlas.LegacyData;
using Atlas.Pipeline.AcceptanceTests.Faults;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>atlas migrate in-place</c> with the real program, and the old program's statements on what it leaves.</summary>
public sealed class MigrateInPlaceTests
{
    [Theory]
    [InlineData(LegacyEra.First)]
    [InlineData(LegacyEra.PartlyAltered)]
    [InlineData(LegacyEra.Altered)]
    public async Task The_old_program_goes_on_with_what_is_left_and_all_can_be_put_back(LegacyEra era)
    {
        await using var bench = await Workbench.OpenAsync();
        var file = Path.Combine(bench.Folder, "atlas_v2.db");
        var counts = LegacyDatabase.Write(file, era, new LegacySizes().Times(0.05));
        var before = DigestOf(file);

        var unasked = await AtlasProgram.RunAsync(bench.Folder, bench.Write("nobody", ""), "migrate", "in-place", file);
        var changed = await DoneAsync(bench, "migrate", "in-place", file, "--yes", "--json");
        var verified = await DoneAsync(bench, "migrate", "in-place", file, "--verify", "--json");
        var again = await DoneAsync(bench, "migrate", "in-place", file, "--yes", "--json");

        Assert.Equal(2, unasked.ExitCode);
        Assert.Contains("Nothing was done: give --yes", unasked.Errors, StringComparison.Ordinal);
        Assert.Equal(counts.Files + counts.Unfetchable, changed.Report.GetProperty("moved").GetInt32());
        Assert.True(verified.Report.GetProperty("clean").GetBoolean());
        Assert.False(again.Report.GetProperty("changed").GetBoolean());
        Assert.Equal(changed.Report.GetProperty("digest").GetString(), again.Report.GetProperty("digest").GetString());

        // What the old program does: picks, takes, fails, adds.
        using (var old = SqlConnection.Open(file))
        {
            old.Execute("PRAGMA foreign_keys=OFF");
            Assert.InRange(old.Scalar("SELECT priority FROM processing_queue WHERE status = 'pending' AND retry_count < 3 ORDER BY priority DESC, created_at LIMIT 1"), 80, 100);
            old.Execute("""
                UPDATE processing_queue SET status = 'processing', started_at = '2025-10-01T10:00:00.000000' WHERE content_id IN (SELECT content_id FROM processing_queue WHERE status = 'pending' AND retry_count < 3 ORDER BY priority DESC, created_at LIMIT 50);
                UPDATE processing_queue SET status = 'failed', failure_reason = 'HTTP 404', updated_at = '2025-10-01T10:00:01.000000' WHERE status = 'processing';
                INSERT INTO content_metadata(content_id, source_url, source_name, content_type, title, created_at, updated_at) VALUES('new', 'https://new.example/', 'webhook', 'web', NULL, '2025-10-01T10:00:00.000000', '2025-10-01T10:00:00.000000');
                INSERT INTO processing_queue(content_id, source_url, source_name, content_type, status, priority, created_at, updated_at) VALUES('new', 'https://new.example/', 'webhook', 'web', 'pending', 'high', '2025-10-01T10:00:00.000000', '2025-10-01T10:00:00.000000');
                """);
            Assert.Equal(80, old.Scalar("SELECT priority FROM processing_queue WHERE content_id = 'new'"));
        }

        await DoneAsync(bench, "migrate", "in-place", file, "--verify");
        var refused = await AtlasProgram.RunAsync(bench.Folder, input: null, "migrate", "in-place", file, "--rollback", "--yes");
        var back = await DoneAsync(bench, "migrate", "in-place", file, "--rollback", "--yes", "--force", "--json");
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal(before, back.Report.GetProperty("digest").GetString());
        Assert.Equal(before, DigestOf(file));
    }

    [Fact]
    public Task Killed_at_three_random_moments_it_ends_in_the_same_digest() => KillAsync(new LegacySizes().Times(0.2), kills: 3);

    [Fact, Trait("length", "long"), Trait("run", "migrate")]
    public Task Killed_at_fifty_random_moments_it_ends_in_the_same_digest() => KillAsync(new LegacySizes().Times(0.2), kills: 50);

    /// <summary>Half of the kills meet the change, half its rollback.</summary>
    private static async Task KillAsync(LegacySizes sizes, int kills)
    {
        await using var bench = await Workbench.OpenAsync();
        var (whole, file) = (Path.Combine(bench.Folder, "whole.db"), Path.Combine(bench.Folder, "atlas_v2.db"));
        LegacyDatabase.Write(whole, LegacyEra.Altered, sizes);
        var before = DigestOf(whole);
        File.Copy(whole, file);
        var began = TimeProvider.System.GetTimestamp();
        await DoneAsync(bench, "migrate", "in-place", file, "--yes");
        var took = TimeProvider.System.GetElapsedTime(began);
        var after = LegacyDigest.Of(file);
        began = TimeProvider.System.GetTimestamp();
        await DoneAsync(bench, "migrate", "in-place", file, "--rollback", "--yes");
        var tookBack = TimeProvider.System.GetElapsedTime(began);
        Assert.Equal(before, DigestOf(file));

        var chance = new Random(kills);
        for (var (killed, round) = (0, 0); killed < kills; round++)
        {
            killed += await KillAsync(took, "--yes");
            await DoneAsync(bench, "migrate", "in-place", file, "--yes");
            Assert.Equal(after, LegacyDigest.Of(file));
            if (round % 5 == 0)
                await DoneAsync(bench, "migrate", "in-place", file, "--verify");

            killed += await KillAsync(tookBack, "--rollback", "--yes");
            if (Directory.GetFiles(bench.Folder, "in-place.json", SearchOption.AllDirectories).Length > 0)
                await DoneAsync(bench, "migrate", "in-place", file, "--rollback", "--yes");
            Assert.Equal(before, DigestOf(file));
        }

        async Task<int> KillAsync(TimeSpan whole, params string[] options)
        {
            using var change = AtlasProgram.Start(bench.Folder, ["migrate", "in-place", file, "--quiet", .. options]);
            await Task.Delay(whole * chance.NextDouble(), TestContext.Current.CancellationToken);
            if (change.HasExited)
                return 0;
            change.Kill();
            await change.WaitAsync();
            return 1;
        }
    }

    private static string DigestOf(string file)
    {
        // Open for writing: what a kill has left in a journal is taken back then.
        using var database = SqlConnection.Open(file);
        return LedgerDigest.Of(database);
    }

    private static async Task<ProgramResult> DoneAsync(Workbench bench, params string[] arguments)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }
}
