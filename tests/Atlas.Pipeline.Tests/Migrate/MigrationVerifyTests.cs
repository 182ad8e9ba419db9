using Atlas.LegacyData;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class MigrationVerifyTests : IDisposable
{
    private readonly MigrateBed _bed = new();

    [Theory]
    [InlineData("DELETE FROM queue_high WHERE seq = (SELECT max(seq) FROM queue_high)", "a resource is not admitted")]
    [InlineData("INSERT INTO queue_low SELECT (SELECT max(seq) + 1000000 FROM queue_high), url, packed FROM queue_high LIMIT 1", "a resource was admitted more than once")]
    [InlineData("DELETE FROM refused WHERE seq = (SELECT max(seq) FROM refused)", "the row that was written is not there")]
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
