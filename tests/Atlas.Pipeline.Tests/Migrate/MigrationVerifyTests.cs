using Atlas.LegacyData;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class MigrationVerifyTests : IDisposable
{
    private readonly MigrateBed _bed = new();

    [Theory]
    [InlineData("DELETE FROM queue_high WHERE seq = (SELECT max(seq) FROM queue_high)", "a resource is not admitted: its row was deleted by hand")]
    [InlineData("INSERT INTO queue_low SELECT (SELECT max(seq) + 1000000 FROM queue_high), url, packed FROM queue_high LIMIT 1", "a resource was admitted more than once")]
    [InlineData("DELETE FROM refused WHERE seq = (SELECT max(seq) FROM refused)", "a dead letter is not there, and nobody has purged or replayed it: its row was deleted by hand")]
    [InlineData("DELETE FROM migrated WHERE n = 17", "what the ledger remembers of the migration has a gap or too much")]
    [InlineData("UPDATE migrated SET place = 1 WHERE n = (SELECT max(n) FROM migrated)", "the ledger remembers another place")]
    [InlineData("UPDATE migrated SET rows = x'00' WHERE n = 3", "the ledger remembers another resource or other rows")]
    [InlineData("UPDATE content_metadata SET body_sha256 = zeroblob(32) WHERE id = 1", "a document has another body than its row")]
    [InlineData("DELETE FROM legacy_ids WHERE legacy_id IN (SELECT legacy_id FROM legacy_ids LIMIT 1)", "an old id does not lead to its resource")]
    public void Whatever_is_not_where_it_was_put_is_named(string sql, string expected)
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.Altered).File);
        using (var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(_bed.State)))
            ledger.Execute(sql);

        var findings = _bed.Verify().Findings;

        Assert.Contains(findings, finding => finding.What == expected && finding.First.Count > 0);
    }

    [Fact]
    public void A_letter_that_was_deleted_by_hand_is_one_finding()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        using (var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(_bed.State)))
            ledger.Execute("DELETE FROM refused WHERE seq = (SELECT max(seq) FROM refused)");

        Assert.Equal(1, Assert.Single(_bed.Verify().Findings).Count);
    }

    [Fact]
    public async Task Letters_that_were_purged_since_are_accounted_for_with_the_act()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        var purged = new[] { _bed.Scalar("SELECT min(seq) FROM refused"), _bed.Scalar("SELECT max(seq) FROM refused") };
        await using (var ledger = SqliteLedger.Open(_bed.State, new Seams()))
        {
            await ledger.RecordActAsync("ann", "purge", "reason=scheme_file", purged.Length, "");
            Assert.Equal(2, await ledger.PurgeAsync(purged));
        }

        var report = _bed.Verify();

        Assert.True(report.IsClean, string.Join(", ", report.Findings));
        var (what, count) = Assert.Single(report.Since);
        Assert.Equal(2, count);
        Assert.StartsWith("purged since, by purge (reason=scheme_file) of 2 by ann at ", what, StringComparison.Ordinal);
    }

    [Fact]
    public void One_id_that_three_tables_have_for_three_pages_leads_to_all_of_them()
    {
        var file = _bed.Database("ids.db", """
            CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT); INSERT INTO content_metadata VALUES('x', 'http://a.example/1'), ('ids.db:x', 'http://a.example/4');
            CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT); INSERT INTO processing_queue VALUES('x', 'http://a.example/2');
            CREATE TABLE dead_letter_queue(content_id TEXT, source_url TEXT); INSERT INTO dead_letter_queue VALUES('x', 'http://a.example/3'), ('x', 'http://a.example/1');
            """);

        _bed.Migrate(file);

        Assert.Equal(4, _bed.Scalar("SELECT count(DISTINCT content_id) FROM legacy_ids"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void A_copy_that_was_changed_is_noticed()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        File.AppendAllText(Directory.GetFiles(Path.Combine(_bed.State, "migration"), "legacy-1.db", SearchOption.AllDirectories).Single(), "x");

        Assert.Equal("the copy of a legacy database was changed, or is gone", Assert.Single(_bed.Verify().Findings).What);
    }

    [Fact]
    public void Every_table_is_accounted_for_row_by_row()
    {
        var (file, counts) = _bed.Legacy(LegacyEra.Altered);
        _bed.Migrate(file);

        var tables = _bed.Verify().Tables;

        Assert.Equal(counts.Rows, tables.Sum(table => table.Rows));
        Assert.Equal("kept in the copy", tables.Single(table => table.Table == "processing_log").Where);
        Assert.DoesNotContain(tables, table => table.Where.Contains("nowhere", StringComparison.Ordinal));
    }

    public void Dispose() => _bed.Dispose();
}
