using SQLitePCL;

namespace Atlas.Pipeline.Ledger;

/// <summary>One SQLite connection without the layers of ADO.NET, so that a row costs no allocation. Used by one thread at a time.</summary>
internal sealed class SqlConnection : IDisposable
{
    private const int BusyMilliseconds = 5_000;

    private readonly sqlite3 _db;
    private readonly List<SqlStatement> _statements = [];

    private SqlConnection(sqlite3 db) => _db = db;

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_db);

    public static SqlConnection Open(string file, bool readOnly = false)
    {
        Batteries_V2.Init();
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var result = raw.sqlite3_open_v2(file, out var db, flags, null);
        var connection = new SqlConnection(db);
        if (result != raw.SQLITE_OK)
        {
            connection.Dispose();
            throw new LedgerException($"Cannot open {file} (SQLite error {result}).");
        }

        _ = raw.sqlite3_busy_timeout(db, BusyMilliseconds);
        return connection;
    }

    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(_db, sql) != raw.SQLITE_OK)
            throw Error(sql);
    }

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public SqlStatement Prepare(string sql)
    {
        if (raw.sqlite3_prepare_v2(_db, sql, out var statement) != raw.SQLITE_OK)
            throw Error(sql);
        var prepared = new SqlStatement(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>The first column of the first row; 0 if there is none.</summary>
    public long Scalar(string sql)
    {
        var statement = Prepare(sql);
        var value = statement.Step() ? statement.Int64(0) : 0;
        statement.Reset();
        return value;
    }

    /// <summary>Copies what nobody needs to read any more from the WAL to the database, without waiting for anybody.</summary>
    /// <returns>Pages that stand in the WAL.</returns>
    public int CheckpointPassive()
    {
        _ = raw.sqlite3_wal_checkpoint_v2(_db, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var pages, out _);
        return pages;
    }

    /// <summary>Empties the WAL if readers allow it within a moment. For the writer, between two transactions.</summary>
    public void CheckpointTruncate()
    {
        _ = raw.sqlite3_busy_timeout(_db, 100);
        _ = raw.sqlite3_wal_checkpoint_v2(_db, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        _ = raw.sqlite3_busy_timeout(_db, BusyMilliseconds);
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _db.Dispose();
    }

    internal LedgerException Error(string doing) =>
        new($"{raw.sqlite3_errmsg(_db).utf8_to_string()} (SQLite error {raw.sqlite3_extended_errcode(_db)}) in: {doing}");
}
