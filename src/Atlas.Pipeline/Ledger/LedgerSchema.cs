using System.Globalization;
using System.Text;
using Atlas.Urls;
using SQLitePCL;

namespace Atlas.Pipeline.Ledger;

/// <summary>The tables, and what a file must be to be worked on.</summary>
internal static class LedgerSchema
{
    /// <summary>"ATLS": the file is ours.</summary>
    public const int ApplicationId = 0x41544C53;

    public const int Version = 7;

    /// <summary>3.51.3, the first version without the WAL-reset bug.</summary>
    private const int OldestSqlite = 3_051_003;

    /// <summary>The rules by which content ids are made, and the keys of the dedup index with them.</summary>
    private static readonly string Rules = CanonicalizationRules.RulesetVersion.ToString(CultureInfo.InvariantCulture);

    /// <summary>The row of <c>meta</c> with the rules for keys of the last run.</summary>
    public const string KeyRules = "key_rules";

    /// <summary>The lines that never became work.</summary>
    public const string Refused = "refused";

    /// <summary>The admitted URLs that were given up.</summary>
    public const string Dead = "dead";

    /// <summary>The admitted URLs whose host has sent us to another one, and to which.</summary>
    public const string Aliases = "aliases";

    /// <summary>The row of <c>meta</c> that says how far documents have been taken up to be asked for again: those with a greater id never were.</summary>
    public const string RefetchCursor = "refetch_cursor";

    /// <summary>The documents that were asked for again and are not at the moment, by when that was.</summary>
    public const string Checked = "checked";

    /// <summary>What documents were before they changed.</summary>
    public const string Versions = "document_versions";

    /// <remarks>Deaths are numbered without a number ever given twice, unlike those of other tables: who follows them would miss one that has the number of another that was taken back.</remarks>
    private const string Tables = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE cursors(class INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
        CREATE TABLE work(seq INTEGER PRIMARY KEY, class INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN ('queued', 'leased')),
          attempt INTEGER NOT NULL, lost INTEGER NOT NULL, deferrals INTEGER NOT NULL, due_at INTEGER NOT NULL, epoch INTEGER NOT NULL, last_reason TEXT, detail TEXT,
          requests INTEGER NOT NULL DEFAULT 0, redirects INTEGER NOT NULL DEFAULT 0, asks TEXT, document INTEGER);
        CREATE TABLE content_metadata(id INTEGER PRIMARY KEY, content_id TEXT NOT NULL UNIQUE, source_url TEXT NOT NULL, url_scheme TEXT NOT NULL,
          url_domain TEXT NOT NULL, processing_strategy TEXT NOT NULL, is_processable INTEGER NOT NULL, failure_reason TEXT, final_url TEXT NOT NULL,
          status_code INTEGER NOT NULL, content_type TEXT NOT NULL, etag TEXT, last_modified INTEGER, body_sha256 BLOB NOT NULL, segment INTEGER NOT NULL,
          body_offset INTEGER NOT NULL, body_length INTEGER NOT NULL, fetched_at INTEGER NOT NULL, created_at INTEGER NOT NULL, source_name TEXT NOT NULL,
          attempts INTEGER NOT NULL, seq INTEGER NOT NULL, ruleset_version INTEGER NOT NULL, elapsed_ms INTEGER NOT NULL, wire_bytes INTEGER NOT NULL,
          exchange_segment INTEGER NOT NULL, exchange_offset INTEGER NOT NULL, exchange_length INTEGER NOT NULL,
          checked_at INTEGER, check_failed_at INTEGER, check_failure TEXT);
        CREATE INDEX content_metadata_body ON content_metadata(substr(body_sha256, 1, 8));
        CREATE TABLE checked(at INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY(at, document)) WITHOUT ROWID;
        CREATE TABLE document_versions(id INTEGER PRIMARY KEY, content_id TEXT NOT NULL, seq INTEGER NOT NULL, final_url TEXT NOT NULL, status_code INTEGER NOT NULL,
          content_type TEXT NOT NULL, etag TEXT, last_modified INTEGER, body_sha256 BLOB NOT NULL, segment INTEGER NOT NULL, body_offset INTEGER NOT NULL, body_length INTEGER NOT NULL,
          fetched_at INTEGER NOT NULL, attempts INTEGER NOT NULL, elapsed_ms INTEGER NOT NULL, wire_bytes INTEGER NOT NULL, exchange_segment INTEGER NOT NULL,
          exchange_offset INTEGER NOT NULL, exchange_length INTEGER NOT NULL, checked_at INTEGER, replaced_at INTEGER NOT NULL);
        CREATE INDEX document_versions_content_id ON document_versions(content_id);
        CREATE INDEX document_versions_body ON document_versions(substr(body_sha256, 1, 8));
        CREATE TABLE refused(seq INTEGER PRIMARY KEY, line BLOB NOT NULL, packed BLOB NOT NULL);
        CREATE TABLE dead(died INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL UNIQUE, content_id TEXT NOT NULL, source_url BLOB NOT NULL, original_error TEXT NOT NULL,
          failure_classification TEXT NOT NULL, retry_count INTEGER NOT NULL, quarantined_at INTEGER NOT NULL, notes TEXT,
          source_name TEXT NOT NULL, source_offset INTEGER NOT NULL, ruleset_version INTEGER NOT NULL);
        CREATE TABLE attempts(seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL, latency_ms INTEGER NOT NULL, reason TEXT NOT NULL,
          error TEXT NOT NULL, PRIMARY KEY(seq, n)) WITHOUT ROWID;
        CREATE TABLE refused_again(content_id BLOB PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE letter_notes(seq INTEGER PRIMARY KEY, notes TEXT NOT NULL DEFAULT '', facts TEXT);
        CREATE TABLE letters_gone(id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, content_id BLOB);
        CREATE TABLE replays(id INTEGER PRIMARY KEY, filter TEXT NOT NULL, who TEXT NOT NULL, begun_at INTEGER NOT NULL, ended_at INTEGER, ceiling INTEGER NOT NULL, wanted INTEGER NOT NULL,
          left_here INTEGER NOT NULL DEFAULT 0, died_again INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE replay_items(replay INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(replay, seq)) WITHOUT ROWID;
        CREATE TABLE replayed(seq INTEGER NOT NULL, filter TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(seq, filter)) WITHOUT ROWID;
        CREATE TABLE acts(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, filter TEXT NOT NULL, count INTEGER NOT NULL, detail TEXT NOT NULL);
        CREATE TABLE holds(kind TEXT NOT NULL CHECK(kind IN ('host', 'reason')), value TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY(kind, value)) WITHOUT ROWID;
        CREATE TABLE purged(seq INTEGER PRIMARY KEY);
        CREATE TABLE runs(epoch INTEGER PRIMARY KEY, begun_at INTEGER NOT NULL, first_seq INTEGER NOT NULL, version TEXT NOT NULL);
        CREATE TABLE legacy_ids(legacy_id TEXT PRIMARY KEY, content_id TEXT NOT NULL, database TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE aliases(seq INTEGER PRIMARY KEY, content_id TEXT NOT NULL, source_url TEXT NOT NULL, target_id TEXT NOT NULL, target_url TEXT NOT NULL,
          brought INTEGER, redirects INTEGER NOT NULL, attempts INTEGER NOT NULL, answered_at INTEGER NOT NULL, ruleset_version INTEGER NOT NULL);
        CREATE INDEX aliases_content_id ON aliases(content_id);
        CREATE INDEX aliases_target_id ON aliases(target_id);
        CREATE UNIQUE INDEX aliases_brought ON aliases(brought) WHERE brought IS NOT NULL;
        CREATE TABLE sources(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE source_offsets(source TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY(source, file)) WITHOUT ROWID;
        CREATE TABLE counters(name TEXT NOT NULL, code INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY(name, code)) WITHOUT ROWID;
        CREATE TABLE seen_checkpoint(id INTEGER PRIMARY KEY CHECK(id = 1), token TEXT NOT NULL, high_water INTEGER NOT NULL, manifest TEXT NOT NULL);
        CREATE TABLE hosts(host TEXT PRIMARY KEY, sent_at INTEGER NOT NULL, waits_until INTEGER NOT NULL, crawl_delay_ms INTEGER NOT NULL, latency_us INTEGER NOT NULL,
          failures_in_a_row INTEGER NOT NULL, openings INTEGER NOT NULL, open_until INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE found(start INTEGER PRIMARY KEY, depth INTEGER NOT NULL, lines BLOB NOT NULL);
        CREATE TABLE bodies_tail(id INTEGER PRIMARY KEY CHECK(id = 1), segment INTEGER NOT NULL, end_offset INTEGER NOT NULL);
        """;

    /// <summary>The queue table of a level.</summary>
    public static string QueueOf(int priority) => "queue_" + PriorityClasses.NameOf((PriorityClass)priority);

    /// <summary>Opens the writer's connection, and creates the tables in an empty file.</summary>
    /// <exception cref="StateDamagedException">The file is not a ledger of this version.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public static SqlConnection OpenForWriting(string file)
    {
        Batteries_V2.Init();
        if (raw.sqlite3_libversion_number() < OldestSqlite)
            throw new StateDamagedException($"SQLite {raw.sqlite3_libversion().utf8_to_string()} is too old: 3.51.3 is the first version that is safe to use.");

        SqlConnection? connection = null;
        try
        {
            connection = SqlConnection.Open(file);
            Prepare(connection, file);
            return connection;
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file has anything in it: who is killed while its tables are made leaves one that has not.</summary>
    public static bool IsBegun(string file)
    {
        if (!File.Exists(file))
            return false;
        try
        {
            using var connection = SqlConnection.Open(file, readOnly: true);
            return connection.Scalar("PRAGMA application_id") != 0 || connection.Scalar("SELECT count(*) FROM sqlite_schema") != 0;
        }
        catch (LedgerException)
        {
            // What is wrong with it is said by whoever opens it.
            return true;
        }
    }

    /// <summary>Opens a connection that changes nothing, beside the writer's or without one.</summary>
    /// <exception cref="StateDamagedException">The file is not a ledger of this version.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public static SqlConnection OpenForReading(string file)
    {
        var connection = SqlConnection.Open(file, readOnly: true);
        try
        {
            if (connection.Scalar("PRAGMA application_id") is var application and not ApplicationId)
                throw NotOurs(file, application);
            CheckVersions(connection, file);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Prepare(SqlConnection connection, string file)
    {
        var application = connection.Scalar("PRAGMA application_id");
        var isEmpty = connection.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (application != ApplicationId && !(application == 0 && isEmpty))
            throw NotOurs(file, application);
        if (isEmpty)
            connection.Execute("PRAGMA page_size=8192");
        else
            CheckVersions(connection, file);

        // Every command has a savepoint, and what pages were before it goes to a temporary file of its own: more was written there than to the WAL.
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=268435456; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY");
        if (isEmpty)
            Create(connection);
        else
            RenewDeadLetterView(connection);
    }

    /// <summary>The view names reasons, and a later program of the same schema may know more of them.</summary>
    private static void RenewDeadLetterView(SqlConnection connection)
    {
        var sql = DeadLetterView.Sql();
        if (connection.Text($"SELECT sql FROM sqlite_schema WHERE name = '{DeadLetterView.Name}'") != sql)
            connection.Execute($"BEGIN IMMEDIATE; DROP VIEW IF EXISTS {DeadLetterView.Name}; {sql}; COMMIT");
    }

    private static StateDamagedException NotOurs(string file, long application) => new($"{file} is a database of something else (application_id {application}).");

    private static void CheckVersions(SqlConnection connection, string file)
    {
        if (connection.Scalar("PRAGMA user_version") is var found and not Version)
            throw new StateDamagedException($"{file} has schema version {found}; this program works on version {Version}. Go on with the program that made it, or begin again with an empty state directory.");
        if (connection.Text("SELECT value FROM meta WHERE name = 'ruleset_version'") is var rules && rules != Rules)
            throw new StateDamagedException($"{file} holds keys by version {rules} of the canonical rules; this program makes them by version {Rules}, and a URL known by one would be new to the other. Go on with the program that made it, or begin again with an empty state directory.");
    }

    private static void Create(SqlConnection connection)
    {
        var sql = new StringBuilder("BEGIN IMMEDIATE;\n").AppendLine(Tables);
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            sql.Append("CREATE TABLE ").Append(QueueOf(priority)).AppendLine("(seq INTEGER PRIMARY KEY, url TEXT NOT NULL, packed BLOB NOT NULL);");
            sql.Append("INSERT INTO cursors VALUES(").Append(priority).AppendLine(", 0);");
        }

        sql.AppendLine(QueueView.Sql()).Append(DeadLetterView.Sql()).AppendLine(";");
        sql.Append("INSERT INTO meta VALUES('schema_version', '").Append(Version).Append("'), ('ruleset_version', '").Append(Rules).AppendLine("'), ('epoch', '0'), ('refetch_cursor', '0'), ('ledger_id', lower(hex(randomblob(16))));");
        sql.Append("PRAGMA application_id=").Append(ApplicationId).AppendLine(";");
        sql.Append("PRAGMA user_version=").Append(Version).AppendLine(";");
        connection.Execute(sql.Append("COMMIT").ToString());
    }
}
