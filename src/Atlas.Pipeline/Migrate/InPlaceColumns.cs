using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>The columns, tables and indexes that the roadmap wants, in an order that works: columns one by one, each only where it is missing; indexes last, when what they forbid is gone.</summary>
internal static class InPlaceColumns
{
    /// <summary>Old ids, and what stood under them.</summary>
    public const string Aliases = "atlas_aliases";

    private static readonly (string Table, string Column, string Type)[] Wanted =
    [
        ("processing_queue", "normalized_url", "TEXT"), ("processing_queue", "processing_strategy", "TEXT"), ("processing_queue", "next_retry_at", "TEXT"),

        // The later program writes it and never made it: rows that failed stayed in 'processing' for ever.
        ("processing_queue", "failure_reason", "TEXT"),
        ("content_metadata", "url_scheme", "TEXT"), ("content_metadata", "url_domain", "TEXT"), ("content_metadata", "is_processable", "BOOLEAN DEFAULT TRUE"),
        ("content_metadata", "failure_reason", "TEXT"), ("content_metadata", "processing_strategy", "TEXT"),
    ];

    /// <summary>Words come to numbers in whatever way they are written: the first program knows no others.</summary>
    private const string PriorityNumber = "CASE WHEN typeof(NEW.priority) IN ('integer', 'real') THEN NEW.priority ELSE CASE lower(trim(NEW.priority)) WHEN 'critical' THEN 100 WHEN 'high' THEN 80 WHEN 'low' THEN 20 WHEN 'cleanup' THEN 10 ELSE 50 END END";

    private const string Indexes = """
        CREATE UNIQUE INDEX IF NOT EXISTS idx_unique_processable_url ON content_metadata(source_url) WHERE is_processable = TRUE;
        CREATE INDEX IF NOT EXISTS idx_processing_strategy ON processing_queue(status, processing_strategy, priority DESC, created_at);
        CREATE INDEX IF NOT EXISTS idx_retry_timing ON processing_queue(retry_count, next_retry_at, status) WHERE next_retry_at IS NOT NULL;
        CREATE INDEX IF NOT EXISTS idx_queue_priority_status ON processing_queue(priority, status);
        CREATE INDEX IF NOT EXISTS idx_queue_priority ON processing_queue(priority);
        """;

    private static readonly string[] OnPriority = ["idx_processing_strategy", "idx_queue_priority_status", "idx_queue_priority"];

    /// <summary>Adds what is missing; a table that is not there is left out.</summary>
    /// <returns>Columns that were added.</returns>
    public static int Add(SqlConnection database, LegacyShape shape)
    {
        var added = 0;
        foreach (var (table, column, type) in Wanted.Where(wanted => shape.Has(wanted.Table) && !shape.Has(wanted.Table, wanted.Column)))
        {
            database.Execute($"ALTER TABLE {table} ADD COLUMN {column} {type}");
            added++;
        }

        // A column that sorts as text cannot be made another: it is kept under another name.
        if (!shape.Has("processing_queue", "priority_text"))
        {
            foreach (var index in OnPriority)
                database.Execute($"DROP INDEX IF EXISTS {index}");
            database.Execute($"""
                ALTER TABLE processing_queue RENAME COLUMN priority TO priority_text;
                ALTER TABLE processing_queue ADD COLUMN priority INTEGER DEFAULT 50;
                CREATE TRIGGER atlas_priority_inserted AFTER INSERT ON processing_queue WHEN typeof(NEW.priority) <> 'integer' BEGIN UPDATE processing_queue SET priority = {PriorityNumber} WHERE rowid = NEW.rowid; END;
                CREATE TRIGGER atlas_priority_updated AFTER UPDATE OF priority ON processing_queue WHEN typeof(NEW.priority) <> 'integer' BEGIN UPDATE processing_queue SET priority = {PriorityNumber} WHERE rowid = NEW.rowid; END;
                """);
            added++;
        }

        // Not unique: an id that was merged may come again, and is kept again.
        database.Execute($"CREATE TABLE IF NOT EXISTS {Aliases}(alias_id TEXT NOT NULL, legacy_table TEXT NOT NULL, content_id TEXT NOT NULL, source_url TEXT, legacy_row TEXT NOT NULL); CREATE INDEX IF NOT EXISTS idx_{Aliases} ON {Aliases}(alias_id, legacy_table); CREATE INDEX IF NOT EXISTS idx_{Aliases}_content ON {Aliases}(content_id)");
        if (!shape.Has("dead_letter_queue"))
            database.Execute("CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY AUTOINCREMENT, content_id TEXT UNIQUE NOT NULL, source_url TEXT NOT NULL, source_name TEXT NOT NULL, original_error TEXT NOT NULL, failure_type TEXT NOT NULL, quarantine_reason TEXT NOT NULL, retry_count INTEGER DEFAULT 0, classification_json TEXT NOT NULL, quarantined_at TEXT NOT NULL, notes TEXT DEFAULT '', metadata_json TEXT DEFAULT '{}')");
        return added;
    }

    public static void AddIndexes(SqlConnection database) => database.Execute(Indexes);
}
