using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.LegacyData;

/// <summary>The rows of the second program, in all of its eras.</summary>
internal sealed class Version2Rows
{
    /// <summary>Pages whose queue rows say something else than <c>completed</c> or given up, by the remainder of the row's number.</summary>
    private static readonly string[] Status = ["pending", "pending", "completed", "processing", "pending", "retry", "completed", "pending", "failed", "pending", "completed", "pending", "quarantined", "pending", "completed", "pending"];

    private static readonly string[] Words = ["normal", "high", "normal", "normal", "high"];
    private static readonly string[] Mixed = ["normal", "100", "80", "high", "50", "20", "10", "normal", "50", "low"];
    private static readonly string[] Reasons = ["invalid_scheme", "unsupported_content", "rate_limit", "authentication", "paywall", "not_found", "server_error", "timeout", "unknown"];
    private static readonly string[] Types = ["permanent", "temporary", "unsupported", "rate_limited", "network_error"];

    private readonly SqlConnection _database;
    private readonly LegacyEra _era;
    private readonly LegacySizes _sizes;
    private readonly LegacyCounts _counts = new();
    private readonly HashSet<int> _wanted = [], _withContent = [], _givenUp = [], _known = [];
    private readonly SqlStatement _queue, _metadata, _log, _migrated, _failed;
    private readonly SqlStatement? _content;
    private int _pages;

    public Version2Rows(SqlConnection database, LegacyEra era, LegacySizes sizes)
    {
        (_database, _era, _sizes) = (database, era, sizes);
        database.Execute(LegacySchema.Base);
        database.Execute(era switch
        {
            LegacyEra.First => LegacySchema.ShapeB,
            LegacyEra.PartlyAltered => LegacySchema.SomeColumns + LegacySchema.ShapeC,
            _ => LegacySchema.LaterColumns + LegacySchema.Content + LegacySchema.ShapeA,
        });
        _queue = database.Prepare("INSERT INTO processing_queue(content_id, source_url, source_name, content_type, status, priority, retry_count, metadata_json, created_at, updated_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)");
        _metadata = database.Prepare("INSERT INTO content_metadata(content_id, source_url, source_name, content_type, title, validation_status, metadata_json, created_at, updated_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)");
        _log = database.Prepare("INSERT INTO processing_log(content_id, operation, status, message, duration_seconds, timestamp) VALUES(?1, 'process', ?2, ?3, 1.5, ?4)");
        _migrated = database.Prepare("INSERT INTO migration_log(legacy_id, legacy_url, new_content_id, migration_status, migrated_at) VALUES(?1, ?2, ?3, ?4, ?5)");
        database.Execute("CREATE TEMP TABLE failed(content_id TEXT)");
        _failed = database.Prepare("INSERT INTO temp.failed VALUES(?1)");
        _content = era == LegacyEra.Altered ? database.Prepare("INSERT INTO processed_content(content_id, content_type, content, created_at) VALUES(?1, ?2, ?3, ?4)") : null;
    }

    private bool IsLate => _era != LegacyEra.First;

    public LegacyCounts Write()
    {
        for (var row = 0; row < _sizes.Queue; row++)
            WriteQueued(row);
        for (var orphan = 0; orphan < _sizes.Orphans; orphan++)
            WriteOrphan(_sizes.Queue + orphan);
        WriteDeadLetters();
        if (_era == LegacyEra.Altered)
            WriteLaterColumns();
        _givenUp.ExceptWith(_wanted);

        // Metadata alone says that a page is known, which is no wish for one that was given up.
        _known.ExceptWith(_givenUp);
        _wanted.UnionWith(_known);
        _counts.Wanted = _wanted.Count;
        _counts.WithContent = _withContent.Count;
        _counts.GivenUp = _givenUp.Count;
        return _counts;
    }

    private void WriteQueued(int row)
    {
        // As many as asked for, evenly among the others.
        var isFile = (long)(row + 1) * _sizes.Files / _sizes.Queue > (long)row * _sizes.Files / _sizes.Queue;
        var id = LegacyTexts.Id(row, IsLate);
        var status = Status[(row + _sizes.Seed) % Status.Length];
        string url;
        if (isFile)
        {
            url = LegacyUrls.File(_counts.Files++);
        }
        else if (row % 401 == 400)
        {
            url = LegacyUrls.Unfetchable(_counts.Unfetchable++);
        }
        else
        {
            var page = NextPage(row);
            url = row % 5 == 0 ? LegacyUrls.Disguised(page, row) : LegacyUrls.Page(page);
            if (status is "failed" or "quarantined")
                _givenUp.Add(page);
            else
                _wanted.Add(page);
            if (_content is not null && status == "completed" && row / Status.Length % 2 == 0)
            {
                _content.Bind(1, id).Bind(2, LegacyTexts.Type(row)).Bind(3, LegacyTexts.Body(page)).Bind(4, LegacyTexts.Time(row)).Run();
                _withContent.Add(page);
                _counts.Rows++;
            }
        }

        var priorities = IsLate ? Mixed : Words;
        _queue.Bind(1, id).Bind(2, url).Bind(3, LegacyTexts.Source(row)).Bind(4, LegacyTexts.Type(row)).Bind(5, status).Bind(6, priorities[row % priorities.Length])
            .Bind(7, row % 9 == 0 ? 4 : row % 3).Bind(8, LegacyTexts.Json(row)).Bind(9, LegacyTexts.Time(row)).Run();
        _counts.Rows++;
        if (row % 50 != 49)
            WriteMetadata(row, id, url);
        if (row % 10 == 0)
            WriteLog(row, id);
    }

    /// <summary>One in eight is a page that came before, under another id.</summary>
    private int NextPage(int row) => row % 8 == 7 && _pages > 0 ? (int)((long)row * 7919 % _pages) : _pages++;

    /// <summary>Metadata whose queue row a cleanup has deleted: pages of their own, and every third one that stands in the queue too.</summary>
    private void WriteOrphan(int row)
    {
        var page = row % 3 == 0 && _pages > 0 ? (int)((long)row * 104_729 % _pages) : _pages++;
        WriteMetadata(row, LegacyTexts.Id(row, IsLate), LegacyUrls.Disguised(page, row));
        _known.Add(page);
        if (_era == LegacyEra.Altered && row % 61 == 0)
        {
            _givenUp.Add(page);
            _failed.Bind(1, LegacyTexts.Id(row, IsLate)).Run();
        }

        if (row % 20 == 0)
            WriteMigrated(row);
    }

    /// <summary>What the script from the first program to the second one has noted.</summary>
    private void WriteMigrated(int row)
    {
        _migrated.Bind(1, row).Bind(2, LegacyUrls.Page(row)).Bind(3, LegacyTexts.Id(row, IsLate)).Bind(4, row % 40 == 0 ? "success" : "skipped").Bind(5, LegacyTexts.Time(row)).Run();
        _counts.Rows++;
    }

    /// <summary>What the later program has noted in its columns: a few failures, strategies, and retries.</summary>
    private void WriteLaterColumns() => _database.Execute(string.Create(CultureInfo.InvariantCulture, $"""
        UPDATE content_metadata SET is_processable = 0, failure_reason = CASE WHEN rowid % 2 = 0 THEN 'not_found' ELSE 'HTTP 410: Gone' END WHERE content_id IN (SELECT content_id FROM temp.failed);
        UPDATE processing_queue SET normalized_url = source_url, processing_strategy = CASE WHEN source_url LIKE 'file:%' THEN 'file_local' ELSE 'http_content' END WHERE rowid % 2 = 0;
        UPDATE processing_queue SET next_retry_at = updated_at WHERE status = 'retry';
        UPDATE processing_queue SET started_at = updated_at WHERE status <> 'pending';
        DROP TABLE temp.failed;
        """));

    private void WriteMetadata(int row, string id, string url)
    {
        _metadata.Bind(1, id).Bind(2, url).Bind(3, LegacyTexts.Source(row)).Bind(4, LegacyTexts.Type(row)).Bind(5, LegacyTexts.Title(row)).Bind(6, row % 2 == 0 ? "pending" : "migrated")
            .Bind(7, LegacyTexts.Json(row)).Bind(8, LegacyTexts.Time(row)).Run();
        _counts.Rows++;
    }

    private void WriteLog(int row, string id)
    {
        _log.Bind(1, id).Bind(2, row % 20 == 0 ? "failed" : "completed").Bind(3, row % 20 == 0 ? "HTTP 503: Service Unavailable" : null).Bind(4, LegacyTexts.Time(row)).Run();
        _counts.Rows++;
    }

    private void WriteDeadLetters()
    {
        var insert = _database.Prepare(_era switch
        {
            LegacyEra.First => "INSERT OR REPLACE INTO dead_letter_queue(content_id, source_url, source_name, original_error, failure_type, quarantine_reason, retry_count, quarantined_at) VALUES(?1, ?2, 'cleanup', ?3, ?4, ?5, ?6, ?7)",
            LegacyEra.PartlyAltered => "INSERT OR REPLACE INTO dead_letter_queue(content_id, source_url, original_error, failure_classification, retry_count, quarantined_at) VALUES(?1, ?2, ?3, coalesce(?5, ?4), ?6, ?7)",
            _ => "INSERT OR REPLACE INTO dead_letter_queue(content_id, source_url, source_name, original_error, failure_type, quarantine_reason, retry_count, classification_json, quarantined_at) VALUES(?1, ?2, 'webhook', ?3, ?4, ?5, ?6, '{}', ?7)",
        });
        for (var letter = 0; letter < _sizes.DeadLetters; letter++)
        {
            // A few stand in the queue too: whoever wrote them did not come to delete them there.
            var isFile = letter % 100 == 0 && letter < _counts.Files;
            var page = _pages;
            if (!isFile)
                _givenUp.Add(_pages++);
            var reason = isFile ? "file_scheme" : Reasons[letter % Reasons.Length];
            var error = reason == "not_found" ? "HTTP 404: Not Found" : reason == "server_error" ? "502 Server Error: Bad Gateway" : string.Create(CultureInfo.InvariantCulture, $"Processing failed: {reason}");
            insert.Bind(1, string.Create(CultureInfo.InvariantCulture, $"dead-{letter}")).Bind(2, isFile ? LegacyUrls.File(letter) : LegacyUrls.Page(page)).Bind(3, error).Bind(4, Types[letter % Types.Length]).Bind(5, reason)
                .Bind(6, letter % 4).Bind(7, _era == LegacyEra.PartlyAltered ? LegacyTexts.SqliteTime(letter) : LegacyTexts.Time(letter)).Run();

            // A letter that came twice has replaced itself: its first number is gone.
            if (letter % 50 == 25)
                insert.Run();
            _counts.Rows++;
        }
    }
}
