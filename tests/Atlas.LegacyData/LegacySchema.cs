namespace Atlas.LegacyData;

/// <summary>The tables as the legacy programs created them.</summary>
internal static class LegacySchema
{
    public const string Base = """
        CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, source_name TEXT NOT NULL, content_type TEXT NOT NULL, title TEXT,
          validation_status TEXT DEFAULT 'pending', quality_score REAL DEFAULT 0.0, word_count INTEGER DEFAULT 0, extraction_method TEXT, metadata_json TEXT,
          created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
        CREATE INDEX idx_content_source ON content_metadata(source_name);
        CREATE INDEX idx_content_type ON content_metadata(content_type);
        CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, source_name TEXT NOT NULL, content_type TEXT NOT NULL,
          status TEXT DEFAULT 'pending', priority TEXT DEFAULT 'normal', retry_count INTEGER DEFAULT 0, metadata_json TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
          started_at TEXT, completed_at TEXT, FOREIGN KEY(content_id) REFERENCES content_metadata(content_id));
        CREATE INDEX idx_queue_status ON processing_queue(status);
        CREATE INDEX idx_queue_priority ON processing_queue(priority);
        CREATE TABLE processing_log(id INTEGER PRIMARY KEY AUTOINCREMENT, content_id TEXT NOT NULL, operation TEXT NOT NULL, status TEXT NOT NULL, message TEXT, details_json TEXT,
          duration_seconds REAL, timestamp TEXT NOT NULL, FOREIGN KEY(content_id) REFERENCES content_metadata(content_id));
        CREATE INDEX idx_log_content ON processing_log(content_id);
        CREATE INDEX idx_log_timestamp ON processing_log(timestamp DESC);
        CREATE TABLE migration_log(id INTEGER PRIMARY KEY AUTOINCREMENT, legacy_id TEXT, legacy_url TEXT, new_content_id TEXT, migration_status TEXT, migration_notes TEXT, migrated_at TEXT NOT NULL);
        """;

    public const string Content = """
        CREATE TABLE processed_content(content_id TEXT PRIMARY KEY, content_type TEXT NOT NULL, content TEXT NOT NULL, metadata_json TEXT, created_at TEXT NOT NULL,
          FOREIGN KEY(content_id) REFERENCES content_metadata(content_id));
        CREATE INDEX idx_processed_content_type ON processed_content(content_type);
        """;

    public const string LaterColumns = """
        ALTER TABLE processing_queue ADD COLUMN normalized_url TEXT;
        ALTER TABLE processing_queue ADD COLUMN processing_strategy TEXT;
        ALTER TABLE processing_queue ADD COLUMN next_retry_at TEXT;
        ALTER TABLE content_metadata ADD COLUMN url_scheme TEXT;
        ALTER TABLE content_metadata ADD COLUMN url_domain TEXT;
        ALTER TABLE content_metadata ADD COLUMN is_processable BOOLEAN DEFAULT TRUE;
        ALTER TABLE content_metadata ADD COLUMN failure_reason TEXT;
        CREATE INDEX idx_processing_strategy ON processing_queue(status, processing_strategy, priority DESC, created_at);
        CREATE INDEX idx_retry_timing ON processing_queue(retry_count, next_retry_at, status) WHERE next_retry_at IS NOT NULL;
        CREATE INDEX idx_queue_priority_status ON processing_queue(priority, status);
        """;

    /// <summary>The first of each block: what a database has where the first column was there already.</summary>
    public const string SomeColumns = """
        ALTER TABLE processing_queue ADD COLUMN normalized_url TEXT;
        ALTER TABLE content_metadata ADD COLUMN is_processable BOOLEAN DEFAULT TRUE;
        """;

    public const string ShapeA = """
        CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY AUTOINCREMENT, content_id TEXT UNIQUE NOT NULL, source_url TEXT NOT NULL, source_name TEXT NOT NULL, original_error TEXT NOT NULL,
          failure_type TEXT NOT NULL, quarantine_reason TEXT NOT NULL, retry_count INTEGER DEFAULT 0, classification_json TEXT NOT NULL, quarantined_at TEXT NOT NULL, notes TEXT DEFAULT '',
          metadata_json TEXT DEFAULT '{}');
        CREATE INDEX idx_dlq_source ON dead_letter_queue(source_name);
        CREATE INDEX idx_dlq_failure_type ON dead_letter_queue(failure_type);
        CREATE INDEX idx_dlq_quarantine_reason ON dead_letter_queue(quarantine_reason);
        CREATE INDEX idx_dlq_quarantined_at ON dead_letter_queue(quarantined_at);
        """;

    public const string ShapeB = """
        CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY AUTOINCREMENT, content_id TEXT UNIQUE NOT NULL, source_url TEXT NOT NULL, source_name TEXT NOT NULL, original_error TEXT NOT NULL,
          failure_type TEXT NOT NULL, quarantine_reason TEXT NOT NULL, retry_count INTEGER DEFAULT 0, quarantined_at TEXT NOT NULL, notes TEXT DEFAULT '');
        """;

    public const string ShapeC = """
        CREATE TABLE dead_letter_queue(id INTEGER PRIMARY KEY AUTOINCREMENT, content_id TEXT UNIQUE, source_url TEXT NOT NULL, original_error TEXT, failure_classification TEXT,
          retry_count INTEGER DEFAULT 0, quarantined_at TEXT DEFAULT CURRENT_TIMESTAMP, notes TEXT);
        """;

    public const string Version1 = """
        CREATE TABLE content(id INTEGER PRIMARY KEY, url TEXT, title TEXT, content TEXT, content_type TEXT, source TEXT, created_at TEXT, metadata TEXT, summary TEXT, tags TEXT, reading_time INTEGER);
        CREATE TABLE episode_queue(id INTEGER PRIMARY KEY, episode_url TEXT, episode_title TEXT, podcast_name TEXT, status TEXT, created_at TEXT, updated_at TEXT, episode_description TEXT, transcript_url TEXT);
        """;
}
