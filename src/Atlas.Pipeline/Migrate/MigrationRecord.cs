using System.Buffers.Binary;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What the ledger itself remembers of a migration, committed with its rows: how far it is, and of every resource which legacy rows it was and where it has gone.</summary>
/// <remarks>
/// <c>migrations</c>: one row each. <c>migrated</c>: one row for each resource, in the order in which they were taken over; <c>rows</c> holds ten bytes for each legacy row:
/// the input's number, the table's, and the row's own, big-endian.
/// </remarks>
internal sealed class MigrationRecord
{
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS migrations(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, begun_at INTEGER NOT NULL, ended_at INTEGER, next INTEGER NOT NULL, first_seq INTEGER NOT NULL,
          epoch INTEGER NOT NULL, progress INTEGER NOT NULL, digest TEXT);
        CREATE TABLE IF NOT EXISTS migrated(migration INTEGER NOT NULL, n INTEGER NOT NULL, place INTEGER NOT NULL, seq INTEGER NOT NULL, content_id BLOB NOT NULL, rows BLOB NOT NULL,
          PRIMARY KEY(migration, n)) WITHOUT ROWID;
        """;

    private const int BytesPerRow = 1 + 1 + 8;

    private readonly SqlConnection _ledger;
    private readonly SqlStatement _add, _move;
    private byte[] _rows = new byte[16 * BytesPerRow];

    private MigrationRecord(SqlConnection ledger, long number, int next, long begunAt)
    {
        (_ledger, Number, Next, BegunAt) = (ledger, number, next, begunAt);
        _add = ledger.Prepare("INSERT INTO migrated(migration, n, place, seq, content_id, rows) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _move = ledger.Prepare("UPDATE migrations SET next = ?2, progress = ?3 WHERE number = ?1");
    }

    public long Number { get; }

    /// <summary>Resources that are committed, and the ids after them.</summary>
    public int Next { get; private set; }

    /// <summary>Unix milliseconds: when its rows were admitted.</summary>
    public long BegunAt { get; }

    /// <summary>Which number a ledger has a migration under, and whether it has ended; null where it has not begun.</summary>
    public static (long Number, bool IsEnded)? Find(SqlConnection ledger, string id)
    {
        if (ledger.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0)
            return null;
        var find = ledger.Prepare("SELECT number, ended_at IS NOT NULL FROM migrations WHERE id = ?1").Bind(1, id);
        (long, bool)? found = find.Step() ? (find.Int64(0), find.Int64(1) != 0) : null;
        find.Reset();
        return found;
    }

    /// <summary>Goes on with a migration, or begins it; that counts as an opening of the ledger by this program.</summary>
    public static MigrationRecord Open(SqlConnection ledger, string id, TimeProvider time)
    {
        if (Find(ledger, id) is null)
            Begin(ledger, id, time.GetUtcNow().ToUnixTimeMilliseconds());
        var find = ledger.Prepare("SELECT number, next, begun_at FROM migrations WHERE id = ?1").Bind(1, id);
        find.Step();
        var record = new MigrationRecord(ledger, find.Int64(0), (int)find.Int64(1), find.Int64(2));
        find.Reset();
        return record;
    }

    /// <summary>Inside a transaction: where a resource has gone.</summary>
    public void Add(int number, LegacyPlace place, long sequence, UInt128 contentId, LegacyCensus census, int group)
    {
        Span<byte> key = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, contentId);
        _add.Bind(1, Number).Bind(2, number).Bind(3, (int)place).Bind(4, sequence).BindBlob(5, key).BindBlob(6, Pack(census, group, ref _rows)).Run();
    }

    /// <summary>Inside a transaction: all before <paramref name="next"/> is in it.</summary>
    public void MoveTo(int next, long progress)
    {
        _move.Bind(1, Number).Bind(2, next).Bind(3, progress).Run();
        Next = next;
    }

    /// <summary>Inside a transaction: it is over.</summary>
    public void End(string digest, long at) => _ledger.Prepare("UPDATE migrations SET ended_at = ?2, digest = ?3 WHERE number = ?1").Bind(1, Number).Bind(2, at).Bind(3, digest).Run();

    /// <summary>The rows of a resource as they are stored.</summary>
    public static ReadOnlySpan<byte> Pack(LegacyCensus census, int group, ref byte[] buffer)
    {
        var rows = census.RowsOf(group);
        if (buffer.Length < rows.Length * BytesPerRow)
            buffer = new byte[rows.Length * BytesPerRow * 2];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = census.Rows[rows[i]];
            var into = buffer.AsSpan(i * BytesPerRow);
            (into[0], into[1]) = (row.Input, (byte)row.Table);
            BinaryPrimitives.WriteInt64BigEndian(into[2..], row.Row);
        }

        return buffer.AsSpan(0, rows.Length * BytesPerRow);
    }

    private static void Begin(SqlConnection ledger, string id, long now)
    {
        ledger.Execute($"BEGIN IMMEDIATE; {Tables} UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'epoch'");
        var first = ledger.Scalar("SELECT coalesce((SELECT value FROM counters WHERE name = 'sequence'), 0)") + 1;
        ledger.Prepare("INSERT INTO runs(epoch, begun_at, first_seq, version) SELECT CAST(value AS INTEGER), ?1, ?2, ?3 FROM meta WHERE name = 'epoch'")
            .Bind(1, now).Bind(2, first).Bind(3, $"{typeof(MigrationRecord).Assembly.GetName().Version?.ToString(3)} migration {id}").Run();
        ledger.Prepare($"INSERT INTO migrations(id, begun_at, next, first_seq, epoch, progress) SELECT ?1, ?2, 0, ?3, CAST(value AS INTEGER), ({LedgerMark.ProgressSql}) FROM meta WHERE name = 'epoch'")
            .Bind(1, id).Bind(2, now).Bind(3, first).Run();
        ledger.Execute("COMMIT");
    }
}
