using Atlas.LegacyData;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class InPlaceTests : IDisposable
{
    private readonly MigrateBed _bed = new();
    private readonly StepProgress _progress = new(TimeProvider.System);

    [Theory]
    [InlineData(LegacyEra.First)]
    [InlineData(LegacyEra.PartlyAltered)]
    [InlineData(LegacyEra.Altered)]
    public void Every_shape_gets_the_columns_and_indexes_and_no_row_is_lost(LegacyEra era)
    {
        var (file, counts) = _bed.Legacy(era);
        var letters = Scalar(file, "SELECT count(*) FROM dead_letter_queue");
        var inBoth = Scalar(file, "SELECT count(*) FROM dead_letter_queue d JOIN processing_queue q ON q.content_id = d.content_id");

        var outcome = Run(file);

        Assert.Equal(counts.Files + counts.Unfetchable, outcome.Moved);
        Assert.Equal(letters + outcome.Moved - inBoth, Scalar(file, "SELECT count(*) FROM dead_letter_queue"));
        Assert.Equal(0, Scalar(file, "SELECT count(*) FROM processing_queue WHERE source_url LIKE 'file:%' OR status IN ('processing', 'retry') OR (status = 'pending' AND retry_count >= 3)"));
        Assert.Equal(4, Scalar(file, "SELECT count(*) FROM sqlite_schema WHERE name IN ('idx_unique_processable_url', 'idx_processing_strategy', 'idx_retry_timing', 'idx_queue_priority_status')"));
        Assert.Equal(0, Scalar(file, "SELECT count(*) FROM content_metadata WHERE is_processable AND source_url LIKE 'file:%' OR NOT is_processable AND url_domain <> ''"));
        Assert.Equal(0, Scalar(file, "SELECT count(*) - count(DISTINCT normalized_url) FROM processing_queue"));
        Assert.Empty(InPlace.Verify(file, new Disk(), _progress));
    }

    [Fact]
    public void Done_again_it_changes_nothing()
    {
        var (file, _) = _bed.Legacy(LegacyEra.PartlyAltered);
        Run(file);
        var digest = Digest(file);

        var again = Run(file);

        Assert.False(again.ChangedAnything, again.ToString());
        Assert.Equal(digest, Digest(file));
    }

    [Fact]
    public void The_priority_sorts_as_a_number_also_for_what_the_old_program_adds()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        Run(file);
        using (var database = SqlConnection.Open(file))
            database.Execute("PRAGMA foreign_keys=OFF; INSERT INTO processing_queue(content_id, source_url, source_name, content_type, priority, created_at, updated_at) VALUES('n', 'http://new/', '', '', 'high', '', ''), ('m', 'http://new/2', '', '', '100', '', '')");

        Assert.Equal("100,80,50", Text(file, "SELECT group_concat(priority) FROM (SELECT DISTINCT priority FROM processing_queue ORDER BY priority DESC)"));
        Assert.Equal(80, Scalar(file, "SELECT priority FROM processing_queue WHERE content_id = 'n'"));
    }

    [Fact]
    public void Of_one_page_the_earliest_id_stays_and_the_others_are_kept_whole()
    {
        var file = _bed.Database("own.db", """
            CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, title TEXT, created_at TEXT);
            CREATE TABLE processed_content(content_id TEXT PRIMARY KEY, content TEXT);
            INSERT INTO processed_content VALUES('late', 'a text');
            CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, source_name TEXT, status TEXT, priority TEXT, retry_count INTEGER, metadata_json TEXT, created_at TEXT);
            INSERT INTO content_metadata VALUES('late', 'http://a.example/#x', 'a title', '2025-10-02T00:00:00'), ('early', 'https://a.example/', NULL, '2025-10-01T00:00:00');
            INSERT INTO processing_queue VALUES('late', 'http://a.example/#x', 's', 'pending', 'high', 0, '{"broken', '2025-10-02T00:00:00'), ('early', 'https://a.example/', 's', 'failed', 'normal', 3, NULL, '2025-10-01T00:00:00');
            """);

        Run(file);

        Assert.Equal("early", Text(file, "SELECT group_concat(content_id) FROM content_metadata"));
        Assert.Equal("early 80", Text(file, "SELECT group_concat(content_id || ' ' || priority) FROM processing_queue"));
        Assert.Equal("pending early a text", Text(file, "SELECT q.status || ' ' || c.content_id || ' ' || c.content FROM processing_queue q JOIN processed_content c ON c.content_id = q.content_id"));
        Assert.Equal("late early a title", Text(file, "SELECT alias_id || ' ' || content_id || ' ' || json_extract(legacy_row, '$.title') FROM atlas_aliases WHERE legacy_table = 'content_metadata'"));
        Assert.Empty(InPlace.Verify(file, new Disk(), _progress));
    }

    [Fact]
    public void Put_back_it_says_what_it_said_unless_somebody_has_changed_it()
    {
        var (file, _) = _bed.Legacy(LegacyEra.Altered);
        var before = Digest(file);
        Run(file);
        InPlace.RollBack(file, force: false, new Disk(), _progress);
        Assert.Equal(before, Digest(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(_bed.Folder));

        Run(file);
        using (var database = SqlConnection.Open(file))
            database.Execute("DELETE FROM processing_queue WHERE rowid = 1");
        Assert.Throws<MigrationRefusedException>(() => InPlace.RollBack(file, force: false, new Disk(), _progress));
        InPlace.RollBack(file, force: true, new Disk(), _progress);
        Assert.Equal(before, Digest(file));
    }

    [Fact]
    public void A_row_that_is_gone_is_named()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        Run(file);
        using (var database = SqlConnection.Open(file))
            database.Execute("PRAGMA foreign_keys=OFF; DELETE FROM content_metadata WHERE rowid = (SELECT max(rowid) FROM content_metadata)");

        Assert.StartsWith("content_metadata: ", Assert.Single(InPlace.Verify(file, new Disk(), _progress)), StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private InPlaceOutcome Run(string file) => InPlace.Run(file, new MigrationSettings(KeyRules.Default, "UTC"), new Seams(), _progress);

    private static string Digest(string file)
    {
        using var database = SqlConnection.Open(file, readOnly: true);
        return LedgerDigest.Of(database);
    }

    private static long Scalar(string file, string sql)
    {
        using var database = SqlConnection.Open(file, readOnly: true);
        return database.Scalar(sql);
    }

    private static string Text(string file, string sql)
    {
        using var database = SqlConnection.Open(file, readOnly: true);
        return database.Text(sql);
    }
}
