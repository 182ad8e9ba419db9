using System.Runtime.InteropServices;
using SQLitePCL;

namespace Atlas.Pipeline.Ledger;

/// <summary>One SQLite connection without the layers of ADO.NET, so that a row costs no allocation. Used by one thread at a time.</summary>
internal sealed class SqlConnection : IDisposable
{
    private const int BusyMilliseconds = 5_000;

    private readonly sqlite3 _db;
    private readonly string _file;
    private readonly List<SqlStatement> _statements = [];

    static SqlConnection()
    {
        Batteries_V2.Init();

        // Nobody reads SQLite's statistics of memory, and keeping them takes a lock at every allocation.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    private SqlConnection(sqlite3 db, string file) => (_db, _file) = (db, file);

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_db);

    public static SqlConnection Open(string file, bool readOnly = false) =>
        Open(file, file, readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);

    /// <summary>Opens a file that nobody writes to, so that nothing is locked and nothing made beside it. What stands in a WAL or journal beside it is not seen.</summary>
    public static SqlConnection OpenImmutable(string file) =>
        Open(file, $"file:{string.Join('/', Path.GetFullPath(file).Replace('\\', '/').Split('/').Select(Uri.EscapeDataString))}?immutable=1", raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI);

    private static SqlConnection Open(string file, string name, int flags)
    {
        var result = raw.sqlite3_open_v2(name, out var db, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        var connection = new SqlConnection(db, file);
        if (result != raw.SQLITE_OK)
        {
            var error = raw.sqlite3_errstr(result).utf8_to_string();
            connection.Dispose();
            throw new LedgerException($"Cannot open {file}: {error} (SQLite error {result}).") { SqliteError = result };
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
        var prepared = PrepareOnce(sql);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>The first column of the first row; 0 if there is none.</summary>
    public long Scalar(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>The same as text; empty if there is none.</summary>
    public string Text(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() ? statement.Text(0) : "";
    }

    /// <summary>Copies what nobody needs to read any more from the WAL to the database, without waiting for anybody. A connection that has read nothing yet knows of no WAL and copies nothing.</summary>
    /// <returns>Pages that stand in the WAL; less than none while somebody else is at it.</returns>
    /// <exception cref="LedgerException">The WAL could not be read, or the database not written or synced.</exception>
    public int CheckpointPassive()
    {
        Check(raw.sqlite3_wal_checkpoint_v2(_db, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var pages, out _), "a copy of the WAL");
        return pages;
    }

    /// <summary>Makes durable what checkpoints have copied, so that the one that has to does not wait long.</summary>
    /// <exception cref="LedgerException">Nobody knows what of the copies is on the disk.</exception>
    public void SyncDatabase()
    {
        if (DirectSqlite.SyncFile(_db.DangerousGetHandle()) is var result and not raw.SQLITE_OK)
            throw new LedgerException($"{raw.sqlite3_errstr(result).utf8_to_string()} (SQLite error {result}) in: a sync of the database") { SqliteError = raw.SQLITE_IOERR_FSYNC };
    }

    /// <summary>Copies the rest and has the next transaction begin the WAL anew, unless somebody is reading from it now. For the writer, between two transactions.</summary>
    /// <remarks>The file keeps its length: giving its blocks back and asking for them again costs more than all of the rest.</remarks>
    /// <exception cref="LedgerException">As with the copy.</exception>
    public void CheckpointRestart()
    {
        _ = raw.sqlite3_busy_timeout(_db, 0);
        var result = raw.sqlite3_wal_checkpoint_v2(_db, "main", raw.SQLITE_CHECKPOINT_RESTART, out _, out _);
        _ = raw.sqlite3_busy_timeout(_db, BusyMilliseconds);
        Check(result, "the end of a WAL");
    }

    /// <summary>Copies the whole database, as it is at this moment, into a file of its own (SQLite's backup API).</summary>
    /// <param name="file">Is made anew.</param>
    /// <param name="copied">Is told the pages copied with each step, and how many there are.</param>
    /// <exception cref="LedgerException">It could not be read or written.</exception>
    public void BackUpTo(string file, Action<int, int>? copied = null)
    {
        const int PagesPerStep = 4_096;
        using var copy = Open(file);
        using var backup = raw.sqlite3_backup_init(copy._db, "main", _db, "main") ?? throw copy.Error("a backup");
        int result;
        do
        {
            result = raw.sqlite3_backup_step(backup, PagesPerStep);
            copied?.Invoke(raw.sqlite3_backup_pagecount(backup) - raw.sqlite3_backup_remaining(backup), raw.sqlite3_backup_pagecount(backup));
        }
        while (result == raw.SQLITE_OK);
        if (result != raw.SQLITE_DONE)
            throw new LedgerException($"{raw.sqlite3_errstr(result).utf8_to_string()} (SQLite error {result}) in: a backup of {_file} to {file}") { SqliteError = result };
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _db.Dispose();
    }

    private SqlStatement PrepareOnce(string sql) =>
        raw.sqlite3_prepare_v2(_db, sql, out var statement) == raw.SQLITE_OK ? new SqlStatement(this, statement) : throw Error(sql);

    private void Check(int result, string doing)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY))
            throw Error(doing);
    }

    internal LedgerException Error(string doing)
    {
        var code = raw.sqlite3_extended_errcode(_db);
        return new($"{raw.sqlite3_errmsg(_db).utf8_to_string()} (SQLite error {code}{Cause(code)}) in: {doing}, on {_file}") { SqliteError = code };
    }

    /// <summary>The operating system's own words where SQLite keeps them: for files that cannot be opened, read, written or synced.</summary>
    private string Cause(int code)
    {
        const int NoSpace = 28;
        var number = (code & 0xFF) switch
        {
            raw.SQLITE_FULL => NoSpace,
            raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN => DirectSqlite.SystemError(_db.DangerousGetHandle()),
            _ => 0,
        };
        return number == 0 ? "" : $": {Marshal.GetPInvokeErrorMessage(number)}";
    }
}
