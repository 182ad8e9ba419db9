using System.Text.Json;
using Atlas.LegacyData;
using Atlas.Pipeline.Export;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class MigrationApplyTests : IDisposable
{
    private const string Queue = "CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, status TEXT DEFAULT 'pending', priority TEXT DEFAULT 'normal', retry_count INTEGER DEFAULT 0, metadata_json TEXT, created_at TEXT);";
    private const string Metadata = "CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, title TEXT, metadata_json TEXT, created_at TEXT);";

    private readonly MigrateBed _bed = new();

    [Theory]
    [InlineData(LegacyEra.First)]
    [InlineData(LegacyEra.PartlyAltered)]
    [InlineData(LegacyEra.Altered)]
    [InlineData(LegacyEra.Version1)]
    public async Task Every_resource_of_an_era_is_in_its_place_once_and_the_books_balance(LegacyEra era)
    {
        var (file, counts) = _bed.Legacy(era);
        var before = LegacyFile.DigestOf(file);

        var outcome = _bed.Migrate(file);

        Assert.Equal((counts.Wanted - counts.WithContent, counts.WithContent, counts.GivenUp + counts.Files + counts.Unfetchable), (outcome.Queued, outcome.Documents, outcome.DeadLetters));
        Assert.Equal(0, _bed.Scalar("SELECT count(*) FROM processing_queue WHERE source_url LIKE 'file:%'"));
        Assert.Equal(counts.Files, _bed.Scalar("SELECT count(*) FROM dead_letter_queue WHERE failure_classification = 'scheme_file'"));
        Assert.Equal(counts.Wanted - counts.WithContent, _bed.Scalar("SELECT count(DISTINCT content_id) FROM processing_queue"));
        Assert.Empty(_bed.Verify().Findings);
        Assert.Empty(await _bed.FsckAsync());
        Assert.Equal(before, LegacyFile.DigestOf(file));
    }

    [Fact]
    public void Several_inputs_become_one_and_what_is_in_both_is_there_once()
    {
        var (first, _) = _bed.Legacy(LegacyEra.First);
        var (altered, counts) = _bed.Legacy(LegacyEra.Altered);

        var outcome = _bed.Migrate(first, altered);

        Assert.Equal(counts.Wanted, outcome.Queued + outcome.Documents);
        Assert.Equal(counts.WithContent, outcome.Documents);
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void Rows_that_nothing_picked_any_more_are_queued_and_given_up_ones_are_not()
    {
        var file = _bed.Database("stuck.db", Queue + """
            INSERT INTO processing_queue(content_id, source_url, status, retry_count) VALUES ('a', 'http://a/1', 'processing', 0), ('b', 'http://a/2', 'retry', 1), ('c', 'http://a/3', 'pending', 7),
              ('d', 'http://a/4', 'completed', 0), ('e', 'http://a/5', 'failed', 3), ('f', 'http://a/6', 'quarantined', 3), ('g', 'http://a/7', NULL, NULL);
            """);

        _bed.Migrate(file);

        Assert.Equal(5, _bed.Scalar("SELECT count(*) FROM processing_queue"));
        Assert.Equal("http://a/5,http://a/6", _bed.Text("SELECT group_concat(CAST(source_url AS TEXT)) FROM (SELECT source_url FROM dead_letter_queue ORDER BY seq)"));
    }

    [Fact]
    public void The_most_urgent_of_several_rows_decides_and_words_and_numbers_have_one_order()
    {
        var file = _bed.Database("urgent.db", Queue + """
            INSERT INTO processing_queue(content_id, source_url, priority) VALUES ('a', 'http://a/low', '20'), ('b', 'http://a/high', 'high'), ('c', 'http://a/critical', '100'),
              ('d', 'http://a/normal', 'normal'), ('e', 'http://a/cleanup', '10'), ('f', 'http://a/low#again', 'low'), ('g', 'http://a/normal?utm_source=x', '10'), ('h', 'http://a/none', NULL);
            """);

        _bed.Migrate(file);

        Assert.Equal("http://a/critical,http://a/high,http://a/normal,http://a/none,http://a/low,http://a/cleanup",
            _bed.Text("SELECT group_concat(source_url) FROM (SELECT source_url FROM processing_queue ORDER BY priority DESC)"));
    }

    [Fact]
    public void The_earliest_row_of_a_page_gives_its_spelling_and_all_ids_lead_to_it()
    {
        var file = _bed.Database("twice.db", Metadata + """
            INSERT INTO content_metadata(content_id, source_url, created_at) VALUES ('late', 'https://a.example/x?utm_source=mail', '2025-10-02T10:00:00'), ('early', 'https://A.example/x', '2025-10-01T10:00:00'), ('timeless', 'http://a.example/x#c', 'soon');
            """);

        _bed.Migrate(file);

        Assert.Equal("https://A.example/x", _bed.Text("SELECT source_url FROM processing_queue"));
        Assert.Equal("early,late,timeless", _bed.Text("SELECT group_concat(legacy_id) FROM legacy_ids l JOIN processing_queue q ON q.content_id = l.content_id"));
    }

    [Fact]
    public void One_id_that_two_databases_gave_to_two_pages_leads_to_both()
    {
        var first = _bed.Database("a.db", Metadata + "INSERT INTO content_metadata(content_id, source_url) VALUES ('same', 'http://a.example/1')");
        var second = _bed.Database("b.db", Metadata + "INSERT INTO content_metadata(content_id, source_url) VALUES ('same', 'http://a.example/2')");

        _bed.Migrate(first, second);

        Assert.Equal("b.db:same,same", _bed.Text("SELECT group_concat(legacy_id) FROM legacy_ids"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void What_is_no_JSON_no_title_and_no_time_is_kept_as_it_is()
    {
        var file = _bed.Database("odd.db", Metadata + """
            INSERT INTO content_metadata VALUES ('a', 'http://a.example/', NULL, '{"broken": ', 'yesterday');
            INSERT INTO content_metadata VALUES ('b', '', 'no URL', x'FF00', NULL);
            """);

        _bed.Migrate(file);

        var facts = JsonDocument.Parse(_bed.Text("SELECT n.facts FROM letter_notes n JOIN queue_normal q ON q.seq = n.seq")).RootElement.GetProperty("rows")[0];
        Assert.Equal(("{\"broken\": ", "yesterday"), (facts.GetProperty("metadata_json").GetString(), facts.GetProperty("created_at").GetString()));
        Assert.False(facts.TryGetProperty("title", out _));
        Assert.Equal("b malformed", _bed.Text("SELECT CAST(source_url AS TEXT) || ' ' || failure_classification FROM dead_letter_queue"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void A_dead_letter_keeps_its_time_its_last_attempt_its_error_and_its_notes()
    {
        var file = _bed.Database("letters.db", """
            CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY, content_id TEXT, source_url TEXT, original_error TEXT, failure_classification TEXT, retry_count INTEGER, quarantined_at TEXT, notes TEXT);
            INSERT INTO dead_letter_queue VALUES(7, 'x', 'http://a.example/gone', 'HTTP 410: Gone', 'not_found', 3, '2025-10-01 10:00:00', 'asked the author');
            """);

        _bed.Migrate(file);

        Assert.Equal("http_410 1759312800000", _bed.Text("SELECT failure_classification || ' ' || quarantined_at FROM dead_letter_queue"));
        Assert.Equal("3 1759312800000 410 http_410 HTTP 410: Gone", _bed.Text("SELECT n || ' ' || at || ' ' || status || ' ' || reason || ' ' || error FROM attempts"));
        Assert.Equal("asked the author", _bed.Text("SELECT notes FROM letter_notes"));
    }

    [Fact]
    public void Of_a_letter_that_does_not_say_when_it_died_no_try_is_made_up()
    {
        var file = _bed.Database("timeless.db", """
            CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY, content_id TEXT, source_url TEXT, original_error TEXT, failure_classification TEXT, retry_count INTEGER, quarantined_at TEXT, notes TEXT);
            INSERT INTO dead_letter_queue VALUES(7, 'x', 'http://a.example/gone', 'HTTP 410: Gone', 'not_found', 3, NULL, 'asked the author');
            """);

        _bed.Migrate(file);

        using var reader = new LetterReader(Path.Combine(_bed.State, "ledger.db"));
        var letter = Assert.Single(reader.Read([1]));
        Assert.Equal(("http_410", "HTTP 410: Gone", 3, "asked the author"), (letter.ReasonName, letter.Error, letter.Attempts, letter.Notes));
        Assert.Empty(letter.History);
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void The_tries_that_the_log_has_come_before_the_last_one()
    {
        var file = _bed.Database("log.db", """
            CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY, content_id TEXT, source_url TEXT, original_error TEXT, failure_classification TEXT, retry_count INTEGER, quarantined_at TEXT);
            CREATE TABLE processing_log(id INTEGER PRIMARY KEY, content_id TEXT, operation TEXT, status TEXT, message TEXT, duration_seconds REAL, timestamp TEXT);
            INSERT INTO dead_letter_queue VALUES(7, 'x', 'http://a.example/gone', 'HTTP 410: Gone', 'not_found', 2, '2025-10-01 10:00:00');
            INSERT INTO processing_log VALUES(1, 'x', 'process', 'failed', 'HTTP 503: Service Unavailable', 1.5, '2025-09-30T10:00:00'), (2, 'x', 'process', 'completed', NULL, 1, '2025-09-30T11:00:00'), (3, 'other', 'process', 'failed', 'x', 1, '2025-09-30T11:00:00');
            """);

        _bed.Migrate(file);

        Assert.Equal("1 503 http_503 1500,2 410 http_410 0", _bed.Text("SELECT group_concat(n || ' ' || status || ' ' || reason || ' ' || latency_ms) FROM (SELECT * FROM attempts ORDER BY n)"));
    }

    [Fact]
    public void A_kept_content_is_a_document_that_can_be_read_again_and_the_same_content_lies_once()
    {
        var file = _bed.Database("contents.db", Metadata + """
            CREATE TABLE processed_content(content_id TEXT PRIMARY KEY, content_type TEXT, content TEXT, created_at TEXT);
            INSERT INTO content_metadata(content_id, source_url) VALUES ('a', 'https://a.example/1'), ('b', 'https://a.example/2'), ('c', 'https://a.example/3'), ('d', 'https://a.example/4');
            INSERT INTO processed_content VALUES ('a', 'article', 'naïve text', '2025-10-01T10:00:00Z'), ('b', 'web', 'naïve text', NULL), ('c', 'web', '<!DOCTYPE html><html>x</html>', NULL), ('d', 'web', '', NULL), ('gone', 'web', 'whose?', NULL);
            """);

        _bed.Migrate(file);

        using var scan = new DocumentScan(StateDirectory.LedgerFileIn(_bed.State));
        using var segments = new SegmentReader(StateDirectory.BodiesDirectoryIn(_bed.State), new Disk());
        var body = new StoredBody(segments);
        var documents = scan.Read().ToDictionary(document => document.Url);
        Assert.Equal(3, documents.Count);
        foreach (var document in documents.Values)
            body.Open(document);
        Assert.Equal("naïve text"u8, segments.Read(documents["https://a.example/1"].Body));
        Assert.Equal(documents["https://a.example/1"].Body, documents["https://a.example/2"].Body);
        Assert.Equal(("text/plain; charset=utf-8", "text/html; charset=utf-8"), (documents["https://a.example/1"].ContentType, documents["https://a.example/3"].ContentType));
        Assert.Equal(DateTimeOffset.Parse("2025-10-01T10:00:00Z", System.Globalization.CultureInfo.InvariantCulture), documents["https://a.example/1"].FetchedAt);
        Assert.Equal("https://a.example/4", _bed.Text("SELECT source_url FROM processing_queue"));
        Assert.Equal("gone malformed", _bed.Text("SELECT CAST(source_url AS TEXT) || ' ' || failure_classification FROM dead_letter_queue"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public async Task What_the_state_directory_has_is_not_added_again_and_its_own_rows_keep_their_places()
    {
        var one = _bed.Database("one.db", Queue + "INSERT INTO processing_queue(content_id, source_url) VALUES ('a', 'http://a.example/1'), ('b', 'file:///x')");
        var two = _bed.Database("two.db", Queue + """
            INSERT INTO processing_queue(content_id, source_url) VALUES ('c', 'http://a.example/1#again'), ('d', 'file:///x'), ('e', 'http://a.example/2');
            CREATE TABLE content(url TEXT, content TEXT); INSERT INTO content VALUES('http://a.example/1', 'too late'), ('http://a.example/3', 'a body');
            """);
        _bed.Migrate(one);

        var outcome = _bed.Migrate(two);

        Assert.Equal((1, 1, 0, 2), (outcome.Queued, outcome.Documents, outcome.DeadLetters, outcome.Existing));
        Assert.Equal("http://a.example/1,http://a.example/2", _bed.Text("SELECT group_concat(source_url) FROM (SELECT source_url FROM processing_queue ORDER BY source_url)"));
        Assert.Empty(_bed.Verify().Findings);
        Assert.Empty(await _bed.FsckAsync());
    }

    [Fact]
    public void A_database_that_was_changed_after_the_plan_is_refused_and_nothing_is_written()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        var plan = _bed.Plan(file);
        using (var database = SqlConnection.Open(file))
            database.Execute("UPDATE processing_queue SET status = 'failed' WHERE rowid = 1");

        var refused = Assert.Throws<MigrationRefusedException>(() => _bed.Apply(plan));

        Assert.Contains("changed since", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_bed.State));
    }

    [Fact]
    public async Task Half_a_migration_is_nobody_elses_to_change()
    {
        var plan = _bed.Plan(_bed.Legacy(LegacyEra.First).File);
        var digest = _bed.Apply(plan).Digest;
        using (var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(_bed.State)))
            ledger.Execute("UPDATE migrations SET ended_at = NULL; DELETE FROM acts");

        var refused = Assert.Throws<StateInUseException>(() => SqliteLedger.Open(_bed.State, new Seams()));
        Assert.Throws<StateInUseException>(() => _bed.Apply(_bed.Plan(_bed.Legacy(LegacyEra.Version1).File)));

        Assert.Contains($"atlas migrate apply {Path.Combine(_bed.State, "migration", plan.Id, "plan.json")}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(digest, _bed.Apply(plan).Digest);
        await using (SqliteLedger.Open(_bed.State, new Seams()))
        {
        }
    }

    [Fact]
    public void A_plan_whose_numbers_were_changed_by_hand_is_refused_and_leaves_nothing()
    {
        var plan = _bed.Plan(_bed.Legacy(LegacyEra.First).File);
        var other = plan with { Inputs = [plan.Inputs[0] with { Tables = [plan.Inputs[0].Tables[0] with { Rows = 1 }, .. plan.Inputs[0].Tables.Skip(1)] }] };

        Assert.Throws<MigrationRefusedException>(() => _bed.Apply(other));

        Assert.False(Directory.Exists(_bed.State));
    }

    [Fact]
    public void Databases_of_the_same_name_are_told_apart()
    {
        Directory.CreateDirectory(Path.Combine(_bed.Folder, "one"));
        Directory.CreateDirectory(Path.Combine(_bed.Folder, "two"));
        var first = _bed.Database("one/atlas.db", Metadata + "INSERT INTO content_metadata(content_id, source_url) VALUES ('same', 'http://a.example/1')");
        var second = _bed.Database("two/atlas.db", Metadata + "INSERT INTO content_metadata(content_id, source_url) VALUES ('same', 'http://a.example/2')");

        _bed.Migrate(first, second);

        Assert.Equal($"{second}:same,same", _bed.Text("SELECT group_concat(legacy_id) FROM legacy_ids"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void A_plan_is_the_same_each_time_and_reads_back_as_it_was_written()
    {
        var (file, _) = _bed.Legacy(LegacyEra.Altered);

        var (one, other) = (PlanFile.Write(_bed.Plan(file)), PlanFile.Write(_bed.Plan(file)));

        Assert.Equal(one, other);
        Assert.Equal(one, PlanFile.Write(PlanFile.Read(one)));
        Assert.False(Directory.Exists(_bed.State));
    }

    [Fact]
    public void A_plan_can_say_of_every_row_where_it_goes_and_which_id_it_is_merged_into()
    {
        var file = _bed.Database("own.db", Metadata + Queue + """
            INSERT INTO content_metadata(content_id, source_url, created_at) VALUES ('early', 'http://a.example/', '2025-10-01T10:00:00');
            INSERT INTO processing_queue(content_id, source_url, priority) VALUES ('late', 'https://a.example/', 'high'), ('file', 'file:///x', 'high');
            """);
        using var rows = new MemoryStream();

        MigrationPlan.Make([file], _bed.State, rules: null, "UTC", new StepProgress(TimeProvider.System), rows);

        var lines = System.Text.Encoding.UTF8.GetString(rows.ToArray()).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["early queue", "late queue early", "file dead_letters"], lines.Select(line =>
            $"{line.GetProperty("legacy_id").GetString()} {line.GetProperty("goes_to").GetString()}{(line.TryGetProperty("merged_into", out var into) ? " " + into.GetString() : "")}"));
        Assert.Equal("high", lines[0].GetProperty("priority").GetString());
        Assert.Equal("scheme_file", lines[2].GetProperty("reason").GetString());
    }

    [Fact]
    public void A_value_of_any_size_is_taken_over_its_start_with_the_page_and_all_of_it_in_the_copy()
    {
        var file = _bed.Database("huge.db", Metadata + "INSERT INTO content_metadata(content_id, source_url, title, metadata_json) VALUES('a', 'http://a.example/', 'short', printf('%.*c', 3000000, 'x'))");

        _bed.Migrate(file);

        Assert.Equal("1048576 metadata_json short", _bed.Text("SELECT length(json_extract(facts, '$.rows[0].metadata_json')) || ' ' || json_extract(facts, '$.rows[0].cut[0]') || ' ' || json_extract(facts, '$.rows[0].title') FROM letter_notes"));
    }

    [Fact]
    public void An_id_and_a_URL_with_a_null_byte_in_them_are_kept_whole()
    {
        var file = _bed.Database("null.db", Metadata + "INSERT INTO content_metadata(content_id, source_url) VALUES(CAST(x'61003162' AS TEXT), 'http://a.example/1'), (CAST(x'610032' AS TEXT), CAST(x'687474703A2F2F612E6578616D706C652F00' AS TEXT)), ('a', 'http://a.example/3')");

        _bed.Migrate(file);

        Assert.Equal("61,61003162,610032", _bed.Text("SELECT group_concat(hex(CAST(legacy_id AS BLOB))) FROM legacy_ids"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void Whatever_types_the_values_have_each_row_is_in_its_place()
    {
        var file = _bed.Database("types.db", """
            CREATE TABLE processing_queue(content_id, source_url, status, priority, retry_count, metadata_json, created_at);
            INSERT INTO processing_queue VALUES (1, 'http://a.example/1', ' Failed ', 80, 'three', x'00FF', 1759312800), (x'62', x'687474703A2F2F612E6578616D706C652F32', 'QUARANTINED', x'3830', -1, 1.5, 1759312800.25),
              (NULL, 12345, 7, NULL, NULL, NULL, NULL), (1.5, NULL, NULL, 'high', NULL, NULL, NULL), (NULL, x'', '', '', '', '', '');
            """);

        var outcome = _bed.Migrate(file);

        Assert.Equal((0, 5), (outcome.Queued, outcome.DeadLetters));
        Assert.Equal("malformed,malformed,malformed,unexpected,unexpected", _bed.Text("SELECT group_concat(failure_classification) FROM (SELECT failure_classification FROM dead_letter_queue ORDER BY 1)"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void A_content_that_only_a_dead_letter_knows_is_a_document_of_its_URL()
    {
        var file = _bed.Database("alone.db", """
            CREATE TABLE processed_content(content_id TEXT PRIMARY KEY, content TEXT); INSERT INTO processed_content VALUES('a', 'a body');
            CREATE TABLE dead_letter_queue(content_id TEXT, source_url TEXT); INSERT INTO dead_letter_queue VALUES('a', 'http://a.example/');
            """);

        Assert.Equal((1, 0), (_bed.Migrate(file).Documents, _bed.Verify().Findings.Count));
    }

    [Fact]
    public void Of_a_page_with_very_many_rows_some_are_told_and_the_others_counted()
    {
        var file = _bed.Database("many.db", Metadata + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) INSERT INTO content_metadata(content_id, source_url) SELECT 'id-' || i, 'http://a.example/#' || i FROM n");

        _bed.Migrate(file);

        Assert.Equal("100 50", _bed.Text("SELECT json_array_length(facts, '$.rows') || ' ' || json_extract(facts, '$.more_rows') FROM letter_notes"));
        Assert.Equal(150, _bed.Scalar("SELECT count(*) FROM legacy_ids"));
    }

    [Fact]
    public void Done_again_it_changes_nothing()
    {
        var (file, _) = _bed.Legacy(LegacyEra.Altered);
        var first = _bed.Migrate(file);
        var before = LegacyFile.DigestOf(StateDirectory.LedgerFileIn(_bed.State));

        var again = _bed.Apply(_bed.Plan(file));

        Assert.Equal((true, first.Digest), (again.WasDone, again.Digest));
        Assert.Equal(before, LegacyFile.DigestOf(StateDirectory.LedgerFileIn(_bed.State)));
    }

    public void Dispose() => _bed.Dispose();
}
