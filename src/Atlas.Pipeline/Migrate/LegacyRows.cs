using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Finds single rows of the kept databases again, by their numbers.</summary>
internal sealed class LegacyRows : IDisposable
{
    /// <summary>Of pages, of all databases together.</summary>
    private const long CacheBytes = 128 << 20;

    private readonly List<SqlConnection> _databases = [];
    private readonly List<LegacyShape> _shapes = [];
    private readonly List<string> _names = [];
    private readonly List<bool> _sound = [];
    private readonly SqlStatement?[] _find = new SqlStatement?[byte.MaxValue * 8];

    /// <param name="databases">Open, in the order of the plan; they stay their owner's unless this is disposed.</param>
    public LegacyRows(IReadOnlyList<(SqlConnection Database, string Name, bool IsSound)> databases)
    {
        foreach (var (database, name, isSound) in databases)
        {
            _sound.Add(isSound);
            _databases.Add(database);
            _shapes.Add(new LegacyShape(database));
            _names.Add(name);
        }
    }

    /// <summary>Opens the databases that a migration keeps.</summary>
    public static LegacyRows Open(MigrationFolder folder, IReadOnlyList<KeptInput> inputs)
    {
        var open = new List<(SqlConnection Database, string Name, bool IsSound)>();
        try
        {
            foreach (var input in inputs)
            {
                open.Add((SqlConnection.OpenImmutable(folder.PathOf(input.File)), input.Name, input.Integrity == "ok"));
                open[^1].Database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size=-{CacheBytes / 1024 / inputs.Count}"));
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

    /// <summary>Whether SQLite has found nothing wrong with a database, so that its indexes can be believed.</summary>
    public bool IsSound(byte input) => _sound[input];

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

    /// <summary>The ids of a table that a census has seen, by their bytes, with the numbers of their rows in the census.</summary>
    public IEnumerable<(byte[] Id, int Row)> IdsInOrder(byte input, LegacyTable table, LegacyCensus census)
    {
        if (LegacyTables.IdsInOrder(_shapes[input], table) is not { } select)
            yield break;
        var ids = _databases[input].Prepare(select);
        while (ids.Step())
        {
            if (ids.Bytes(0).ToArray() is { Length: > 0 } id && census.IndexOf(input, table, ids.Int64(1)) is { } row)
                yield return (id, row);
        }

        ids.Reset();
    }

    /// <summary>The same from the rows themselves, where no index can be believed.</summary>
    public IEnumerable<(byte[] Id, int Row)> IdsByRow(byte input, LegacyTable table, LegacyCensus census)
    {
        var ids = new List<(byte[] Id, int Row)>();
        for (var row = census.FirstOf(input, table); row < census.Rows.Count && census.Rows[row] is var seen && seen.Input == input && seen.Table == table; row++)
        {
            if (Read(seen).Bytes(LegacyField.Id) is { Length: > 0 } id)
                ids.Add((id.ToArray(), row));
        }

        ids.Sort((one, other) => one.Id.AsSpan().SequenceCompareTo(other.Id));
        return ids;
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
