using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace Atlas.Pipeline.Ledger;

/// <summary>One prepared statement. Parameters count from 1, columns from 0, as in SQLite.</summary>
/// <remarks>Its connection keeps it, and so its handle, until the connection is closed.</remarks>
internal sealed unsafe class SqlStatement : IDisposable
{
    private readonly SqlConnection _connection;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle;

    public SqlStatement(SqlConnection connection, sqlite3_stmt statement)
    {
        _connection = connection;
        _statement = statement;
        _handle = statement.DangerousGetHandle();
    }

    public SqlStatement Bind(int index, long value)
    {
        Check(DirectSqlite.BindInt64(_handle, index, value));
        return this;
    }

    /// <summary>Text, or NULL.</summary>
    public SqlStatement Bind(int index, string? value)
    {
        Check(value is null ? raw.sqlite3_bind_null(_statement, index) : raw.sqlite3_bind_text(_statement, index, value));
        return this;
    }

    public SqlStatement BindNull(int index)
    {
        Check(raw.sqlite3_bind_null(_statement, index));
        return this;
    }

    /// <summary>Copies the bytes.</summary>
    public SqlStatement BindBlob(int index, ReadOnlySpan<byte> bytes)
    {
        Check(bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, index, 0) : raw.sqlite3_bind_blob(_statement, index, bytes));
        return this;
    }

    /// <summary>UTF-8 text that stays where it is, pinned and unchanged, until the statement has run. Nothing is copied; bind anew or <see cref="Unbind"/> before the memory goes.</summary>
    public SqlStatement BindTextInPlace(int index, ReadOnlySpan<byte> pinned)
    {
        // No address would mean NULL; no bytes are read from this one.
        byte none;
        var address = pinned.IsEmpty ? &none : (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned));
        Check(DirectSqlite.BindText(_handle, index, address, pinned.Length, DirectSqlite.Static));
        return this;
    }

    /// <summary>As <see cref="BindTextInPlace"/>, for bytes without a meaning.</summary>
    public SqlStatement BindBlobInPlace(int index, ReadOnlySpan<byte> pinned)
    {
        byte none;
        var address = pinned.IsEmpty ? &none : (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned));
        Check(DirectSqlite.BindBlob(_handle, index, address, pinned.Length, DirectSqlite.Static));
        return this;
    }

    /// <summary>Forgets what is bound; the statement must not be running.</summary>
    public void Unbind() => _ = DirectSqlite.ClearBindings(_handle);

    /// <summary>True while there is a row to read.</summary>
    public bool Step()
    {
        var result = DirectSqlite.Step(_handle);
        if (result is raw.SQLITE_ROW)
            return true;
        if (result is raw.SQLITE_DONE)
            return false;
        var error = _connection.Error(raw.sqlite3_sql(_statement).utf8_to_string());
        Reset();
        throw error;
    }

    public void Reset() => _ = raw.sqlite3_reset(_statement);

    /// <summary>Runs a statement that gives no rows, and makes it ready for the next time.</summary>
    public void Run()
    {
        if (Step())
            Reset();
        else
            _ = DirectSqlite.ResetEnded(_handle);
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw _connection.Error("bind");
    }
}
