using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Finds single rows of the kept databases again, by their numbers.</summary>
internal sealed class LegacyRows : IDisposable
{
    private readonly List<SqlConnection> _databases = [];
    private readonly List<LegacyShape> _shapes = [];
    private readonly List<string> _names = [];
    private readonly SqlStatement?[] _find = new SqlStatement?[byte.MaxValue * 8];

    /// <param name="databases">Open, in the order of the plan; they stay their owner's unless this is disposed.</param>
    public LegacyRows(IReadOnlyList<(SqlConnection Database, string Name)> databases)
    {
        foreach (var (database, name) in databases)
        {
            _databases.Add(database);
            _shapes.Add(new LegacyShape(database));
            _names.Add(name);
        }
    }

    /// <summary>Opens the databases that a migration keeps.</summary>
    public static LegacyRows Open(MigrationFolder folder, IReadOnlyList<KeptInput> inputs)
    {
        var open = new List<(SqlConnection Database, string Name)>();
        try
        {
            foreach (var input in inputs)
            {
                open.Add((SqlConnection.OpenImmutable(folder.PathOf(input.File)), input.Name));
                open[^1].Database.Execute("PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456");
            }

            return new LegacyRows(open);
        }
        catch
        {
            open.ForEach(database => database.Database.Dispose());
            throw;
        }
    }

    public IReadOnlyList<SqlConnection> Databases => _databases;

    public string NameOf(byte input) => _names[input];

    public IReadOnlyList<string> ColumnsOf(in LegacyRow row) => _shapes[row.Input].ColumnsOf(LegacyTables.NameOf(row.Table));

    /// <summary>Reads a row: its fields, and its own columns behind them; valid until the next is asked for of the same table. It was read before, so it is there.</summary>
    public SqlStatement Read(in LegacyRow row)
    {
        ref var find = ref _find[(row.Input * 8) + (int)row.Table];
        find ??= _databases[row.Input].Prepare(LegacyTables.Select(_shapes[row.Input], row.Table) + " WHERE t.rowid = ?1");
        find.Reset();
        return find.Bind(1, row.Row).Step() ? find : throw new LedgerException($"Row {row.Row} of {LegacyTables.NameOf(row.Table)} of {_names[row.Input]} is not there any more.");
    }

    /// <summary>What a row that has content holds of it; valid as long as the row.</summary>
    public ReadOnlySpan<byte> BodyOf(in LegacyRow row, SqlStatement read)
    {
        var columns = ColumnsOf(row);
        for (var column = 0; column < columns.Count; column++)
        {
            if (columns[column].Equals(LegacyTables.BodyColumn, StringComparison.OrdinalIgnoreCase))
                return read.Bytes(LegacyField.Count + column);
        }

        return [];
    }

    public void Dispose()
    {
        foreach (var database in _databases)
            database.Dispose();
    }
}
