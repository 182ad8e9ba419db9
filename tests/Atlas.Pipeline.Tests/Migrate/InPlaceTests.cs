using Atlas.LegacyData;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class InPlaceTests : IDisposable
{
    private const string Tables = """
        CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, title TEXT, created_at TEXT);
        CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, source_name TEXT, status TEXT, priority TEXT, retry_count INTEGER, metadata_json TEXT, created_at TEXT);
        """;

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
        Assert.Empty(Verify(file).Findings);
        Assert.All(Verify(file).Tables, table => Assert.Equal((table.Before, 0, 0), (table.Kept + table.Aliased, table.Missing, table.Added)));
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
        Assert.Empty(Verify(file).Findings);
    }

    [Fact]
    public void Put_back_it_says_what_it_said_unless_somebody_has_changed_it()
    {
        var (file, _) = _bed.Legacy(LegacyEra.Altered);
        var before = Digest(file);
        Run(file);
        InPlaceRollback.Run(file, force: false, new Disk(), _progress);
        Assert.Equal(before, Digest(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(_bed.Folder));

        Run(file);
        using (var database = SqlConnection.Open(file))
            database.Execute("DELETE FROM processing_queue WHERE rowid = 1");
        Assert.Throws<MigrationRefusedException>(() => InPlaceRollback.Run(file, force: false, new Disk(), _progress));
        InPlaceRollback.Run(file, force: true, new Disk(), _progress);
        Assert.Equal(before, Digest(file));
    }

    [Fact]
    public void A_row_that_is_gone_is_named()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        Run(file);
        using (var database = SqlConnection.Open(file))
            database.Execute("PRAGMA foreign_keys=OFF; DELETE FROM content_metadata WHERE rowid = (SELECT max(rowid) FROM content_metadata)");

        Assert.StartsWith("content_metadata: ", Verify(file).Findings[0], StringComparison.Ordinal);
        Assert.Equal(1, Verify(file).Tables.Single(table => table.Table == "content_metadata").Missing);
    }

    [Fact]
    public void A_row_whose_URL_was_changed_is_named()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        Run(file);
        Execute(file, "UPDATE processing_queue SET source_url = 'http://other/' WHERE rowid = (SELECT max(rowid) FROM processing_queue)");

        Assert.EndsWith("is not there, or has another source_url", Assert.Single(Verify(file).Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_is_lost_with_the_row_it_was_merged_into_is_named()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        Run(file);
        Execute(file, "DELETE FROM processing_queue WHERE content_id = (SELECT content_id FROM atlas_aliases a WHERE legacy_table = 'processing_queue' AND NOT EXISTS(SELECT 1 FROM dead_letter_queue d WHERE d.content_id = a.content_id) AND NOT EXISTS(SELECT 1 FROM content_metadata d WHERE d.content_id = a.content_id) LIMIT 1)");
        Execute(file, "DELETE FROM content_metadata WHERE content_id = (SELECT content_id FROM atlas_aliases WHERE legacy_table = 'content_metadata' LIMIT 1); DELETE FROM processing_queue WHERE content_id NOT IN (SELECT content_id FROM content_metadata) AND content_id IN (SELECT content_id FROM atlas_aliases WHERE legacy_table = 'content_metadata')");

        Assert.Contains(Verify(file).Findings, finding => finding.StartsWith("atlas_aliases: ", StringComparison.Ordinal) && finding.EndsWith("which is not there", StringComparison.Ordinal));
    }

    [Fact]
    public void Changed_again_after_the_old_program_has_worked_on_it_is_put_back_to_what_that_left()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        var first = Digest(file);
        Run(file);
        var changed = Digest(file);
        Execute(file, "INSERT INTO processing_queue(content_id, source_url, source_name, content_type, status, created_at, updated_at) VALUES('n', 'file:///new', '', '', 'retry', '', '')");
        var worked = Digest(file);

        Run(file);

        Assert.Equal(1, Scalar(file, "SELECT count(*) FROM dead_letter_queue WHERE content_id = 'n'"));
        InPlaceRollback.Run(file, force: false, new Disk(), _progress);
        Assert.Equal(worked, Digest(file));
        Assert.Throws<MigrationRefusedException>(() => InPlaceRollback.Run(file, force: false, new Disk(), _progress));
        Execute(file, "DELETE FROM processing_queue WHERE content_id = 'n'");
        Assert.Equal(changed, Digest(file));
        Assert.Equal(first, InPlaceRollback.Run(file, force: false, new Disk(), _progress));
    }

    [Fact]
    public void An_id_that_was_merged_and_comes_again_is_kept_again()
    {
        var file = _bed.Database("own.db", Tables + """
            INSERT INTO processing_queue VALUES('a', 'http://a.example/', 's', 'pending', 'high', 0, 'first', '2025-10-02T00:00:00'), ('b', 'http://a.example/#x', 's', 'pending', 'normal', 0, 'second', '2025-10-01T00:00:00');
            """);
        Run(file);
        Execute(file, "INSERT INTO processing_queue(content_id, source_url, source_name, status, priority, retry_count, metadata_json, created_at) VALUES('b', 'http://a.example/#x', 's', 'pending', 'low', 0, 'third', '2025-10-03T00:00:00')");

        Run(file);

        Assert.Equal("second,third", Text(file, "SELECT group_concat(json_extract(legacy_row, '$.metadata_json')) FROM (SELECT * FROM atlas_aliases ORDER BY rowid)"));
    }

    [Fact]
    public void A_row_without_an_id_that_cannot_be_fetched_is_among_the_dead_letters_too()
    {
        var file = _bed.Database("own.db", Tables + "INSERT INTO processing_queue VALUES(NULL, 'file:///x', 's', 'pending', 'high', 0, NULL, NULL), (NULL, 'file:///y', 's', 'pending', 'high', 0, NULL, NULL)");

        Run(file);

        Assert.Equal("file:///x,file:///y", Text(file, "SELECT group_concat(source_url) FROM (SELECT source_url FROM dead_letter_queue ORDER BY id)"));
        Assert.Empty(Verify(file).Findings);
    }

    [Fact]
    public void What_the_old_program_said_of_a_failure_stays()
    {
        var file = _bed.Database("own.db", Tables + "ALTER TABLE content_metadata ADD COLUMN failure_reason TEXT; INSERT INTO content_metadata VALUES('a', 'file:///x', NULL, NULL, 'the disk was away'), ('b', 'file:///y', NULL, NULL, NULL)");

        Run(file);

        Assert.Equal("the disk was away,scheme_file", Text(file, "SELECT group_concat(failure_reason) FROM content_metadata"));
    }

    [Fact]
    public void A_database_that_somebody_holds_is_left_alone()
    {
        var file = _bed.Database("own.db", Tables);
        using var program = SqlConnection.Open(file);
        program.Execute("BEGIN IMMEDIATE");

        Assert.Contains("in use by another process", Assert.Throws<StateInUseException>(() => Run(file)).Message, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(_bed.Folder).Where(entry => !entry.EndsWith("-journal", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_rollback_that_died_half_way_is_done_again()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        var before = Digest(file);
        Run(file);
        File.Delete(file);

        Assert.Equal(before, InPlaceRollback.Run(file, force: false, new Disk(), _progress));
        Assert.Equal(before, Digest(file));
    }

    public void Dispose() => _bed.Dispose();

    private InPlaceReport Verify(string file) => InPlaceVerify.Run(file, new Disk(), _progress);

    private static void Execute(string file, string sql)
    {
        using var database = SqlConnection.Open(file);
        database.Execute("PRAGMA foreign_keys=OFF; " + sql);
    }

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
