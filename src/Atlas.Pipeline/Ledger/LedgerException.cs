using SQLitePCL;

namespace Atlas.Pipeline.Ledger;

/// <summary>SQLite refused or failed; after a write, nobody knows what is durable, so it is final for the run.</summary>
internal sealed class LedgerException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>SQLite's result code, with or without its extension; 0 when it was not SQLite.</summary>
    public int SqliteError { get; init; }

    /// <summary>The file is not to blame: a permission, a lock, the disk or the memory.</summary>
    public bool IsOfTheMachine => (SqliteError & 0xFF) is raw.SQLITE_PERM or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM or raw.SQLITE_READONLY
        or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH;
}
