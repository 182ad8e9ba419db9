using System.Buffers.Binary;

namespace Atlas.Faults;

/// <summary>Turns what the seams see into named points, in the order in which a URL passes them, and into the count of rows that are durable.</summary>
/// <remarks>Statements come on the ledger's threads, operations on files on any; each transaction is one thread's from its BEGIN to its COMMIT.</remarks>
internal sealed class CrashPoints(KillSwitch kill, string? acknowledgements) : IFileWatch
{
    [ThreadStatic]
    private static Transaction s_transaction;

    private long _acknowledged;

    /// <summary>A batch was read and is handed to the first block; nobody has looked at it.</summary>
    public void Read() => kill.Reach("read");

    /// <summary>Some block takes its next batch: it lies between two stages.</summary>
    public void Stage() => kill.Reach("stage");

    /// <summary>The dedup index begins a checkpoint.</summary>
    public void IndexCheckpoint() => kill.Reach("index-begin");

    public void Begins(string sql)
    {
        if (sql.StartsWith("CREATE TABLE", StringComparison.Ordinal))
        {
            kill.Reach("create");
        }
        else if (sql.StartsWith("UPDATE work SET state = 'queued', attempt = attempt - 1", StringComparison.Ordinal))
        {
            kill.Reach("return-leases");
        }
        else if (sql == "BEGIN IMMEDIATE")
        {
            s_transaction = default;
            kill.Reach("begin");
        }
        else if (sql.StartsWith("INSERT INTO queue_", StringComparison.Ordinal) || sql.StartsWith("INSERT INTO refused(", StringComparison.Ordinal))
        {
            // One statement writes several rows.
            s_transaction.Rows += sql.AsSpan().Count("(?");
            kill.Reach("row");
        }
        else if (sql.StartsWith("INSERT INTO source_offsets", StringComparison.Ordinal))
        {
            kill.Reach("offset");
        }
        else if (sql.StartsWith("INSERT INTO content_metadata", StringComparison.Ordinal) || sql.StartsWith("INSERT OR IGNORE INTO content_metadata", StringComparison.Ordinal))
        {
            s_transaction.HasDocuments = true;
            kill.Reach("document");
        }
        else if (sql.StartsWith("INSERT INTO aliases", StringComparison.Ordinal))
        {
            s_transaction.HasAliases = true;
            kill.Reach("alias");
        }
        else if (sql.StartsWith("UPDATE meta SET value = ?1 WHERE name = 'refetch_cursor'", StringComparison.Ordinal))
        {
            kill.Reach("taken-again");
        }
        else if (sql.StartsWith("INSERT INTO checked", StringComparison.Ordinal))
        {
            s_transaction.HasChecks = true;
            kill.Reach("checked");
        }
        else if (sql.Contains("INTO seen_checkpoint", StringComparison.Ordinal))
        {
            s_transaction.HasManifest = true;
            kill.Reach("manifest");
        }
        else if (LetterPointOf(sql) is { } point)
        {
            s_transaction.HasLetters = true;
            kill.Reach(point);
        }
        else if (sql == "COMMIT")
        {
            if (s_transaction.HasLetters)
                kill.Reach("letters-commit");
            if (s_transaction.Rows > 0)
                kill.Reach("commit");
        }
    }

    public void Ends(string sql)
    {
        if (sql != "COMMIT")
            return;
        var ended = s_transaction;
        s_transaction = default;
        if (ended.HasManifest)
            kill.Reach("manifest-committed");
        if (ended.HasDocuments)
            kill.Reach("document-committed");
        if (ended.HasChecks)
            kill.Reach("checked-committed");
        if (ended.HasAliases)
            kill.Reach("alias-committed");
        if (ended.HasLetters)
            kill.Reach("letters-committed");
        if (ended.Rows == 0)
            return;
        Acknowledge(ended.Rows);
        kill.Reach("committed");
    }

    public Ending Before(in FileCall call) => (call.Operation, KindOf(call)) switch
    {
        (FileOperation.Write, FileKind.Wal) => Torn("wal-write"),
        (FileOperation.Write, FileKind.WalHeader) => Torn("wal-restart"),
        (FileOperation.Sync, FileKind.Wal) => Whole("wal-sync"),
        (FileOperation.Delete, FileKind.Wal) => Whole("wal-delete"),
        (FileOperation.Write, FileKind.Database) => Torn("copy-write"),
        (FileOperation.Sync, FileKind.Database) => Whole("copy-sync"),
        (FileOperation.Write, FileKind.Table) => Torn("index-table"),
        (FileOperation.Write, FileKind.Filter) => Torn("index-filter"),
        (FileOperation.Sync, FileKind.Log) => Whole("index-log"),
        (FileOperation.Sync, FileKind.Note) => Whole("index-note"),
        (FileOperation.Delete, FileKind.Note) => Whole("index-delete"),
        (FileOperation.Write, FileKind.Segment) => Torn("body-write"),
        (FileOperation.Sync, FileKind.Segment) => Whole("body-sync"),
        (FileOperation.Write, FileKind.Pack) => Torn("pack-write"),
        (FileOperation.Sync, FileKind.Pack) => Whole("pack-sync"),
        (FileOperation.Rename, FileKind.Pack) => Whole("pack-rename"),
        (FileOperation.Delete, FileKind.Segment) => Whole("pack-delete"),
        _ => Ending.Done,
    };

    public void After(in FileCall call)
    {
        if (Volatile.Read(ref _isTorn))
            KillSwitch.Kill();
        switch ((call.Operation, KindOf(call)))
        {
            case (FileOperation.Write, FileKind.WalHeader):
                kill.Reach("wal-restarted");
                break;
            case (FileOperation.Sync, FileKind.Wal):
                kill.Reach("wal-synced");
                break;
            case (FileOperation.Sync, FileKind.Database):
                kill.Reach("copy-synced");
                break;
            case (FileOperation.Sync, FileKind.Segment):
                kill.Reach("body-synced");
                break;
            case (FileOperation.Rename, FileKind.Pack):
                kill.Reach("pack-renamed");
                break;
            case (FileOperation.Delete, FileKind.Segment):
                kill.Reach("pack-deleted");
                break;
        }
    }

    /// <summary>What operators do to dead letters.</summary>
    private static string? LetterPointOf(string sql) =>
        sql.StartsWith("INSERT INTO replay_items", StringComparison.Ordinal) ? "replay-list"
        : sql.StartsWith("DELETE FROM replay_items WHERE replay = ?1 AND seq", StringComparison.Ordinal) ? "replay-item"
        : sql.StartsWith("DELETE FROM dead WHERE seq", StringComparison.Ordinal) ? "letter-revived"
        : sql.StartsWith("INSERT INTO letters_gone", StringComparison.Ordinal) ? "letter-gone"
        : sql.StartsWith("UPDATE replays SET ended_at", StringComparison.Ordinal) ? "replay-end"
        : sql.StartsWith("INSERT INTO acts", StringComparison.Ordinal) ? "act"
        : null;

    private bool _isTorn;

    private Ending Whole(string name)
    {
        kill.Reach(name);
        return Ending.Done;
    }

    /// <summary>Half of the bytes are written before the process is killed.</summary>
    private Ending Torn(string name)
    {
        if (!kill.IsDue(name))
            return Ending.Done;
        Volatile.Write(ref _isTorn, true);
        return Ending.IsShort;
    }

    /// <summary>Rows that this process has made durable, in a file that outlives it.</summary>
    private void Acknowledge(long rows)
    {
        if (acknowledgements is null)
            return;
        Span<byte> count = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(count, _acknowledged += rows);
        using var file = File.OpenHandle(acknowledgements, FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(file, count, 0);
    }

    private static FileKind KindOf(in FileCall call)
    {
        var name = Path.GetFileName(call.Path.AsSpan());
        if (name.EndsWith("-wal", StringComparison.Ordinal))
            return call.Offset == 0 && call.Operation == FileOperation.Write ? FileKind.WalHeader : FileKind.Wal;
        if (name.EndsWith(".db", StringComparison.Ordinal))
            return FileKind.Database;
        if (name.EndsWith(".seg", StringComparison.Ordinal))
            return FileKind.Segment;
        if (name.EndsWith(".pack.new", StringComparison.Ordinal) || name.EndsWith(".pack", StringComparison.Ordinal))
            return FileKind.Pack;
        return name switch
        {
            "ht.dat.0" => FileKind.Table,
            "info.dat.0" => FileKind.Note,
            _ when name.StartsWith("log.", StringComparison.Ordinal) => FileKind.Log,
            _ when name.StartsWith("filter.", StringComparison.Ordinal) => FileKind.Filter,
            _ => FileKind.Other,
        };
    }

    private enum FileKind
    {
        Other,
        Wal,
        WalHeader,
        Database,
        Segment,
        Pack,
        Table,
        Filter,
        Log,
        Note,
    }

    private struct Transaction
    {
        public long Rows;
        public bool HasManifest;
        public bool HasDocuments, HasAliases, HasChecks, HasLetters;
    }
}
