using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Which tables and columns a legacy database has. What it should have nobody can rely on: changes of the tables were left half-way.</summary>
internal sealed class LegacyShape
{
    private readonly Dictionary<string, string[]> _columns = new(StringComparer.OrdinalIgnoreCase);

    public LegacyShape(SqlConnection database)
    {
        var tables = new List<string>();
        var list = database.Prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name");
        while (list.Step())
            tables.Add(list.Text(0));
        list.Reset();

        // As * has them: with columns that are computed, without those of a module that it hides.
        var columns = database.Prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1");
        foreach (var table in tables)
            _columns[table] = ColumnsOf(columns.Bind(1, table));
    }

    public IEnumerable<string> Tables => _columns.Keys.Order(StringComparer.Ordinal);

    public bool Has(string table) => _columns.ContainsKey(table);

    public bool Has(string table, string column) => _columns.TryGetValue(table, out var columns) && columns.Contains(column, StringComparer.OrdinalIgnoreCase);

    /// <summary>In the order of the table; none if there is no such table.</summary>
    public IReadOnlyList<string> ColumnsOf(string table) => _columns.GetValueOrDefault(table) ?? [];

    /// <summary>None for a table of a module that is not here.</summary>
    private static string[] ColumnsOf(SqlStatement columns)
    {
        var names = new List<string>();
        try
        {
            while (columns.Step())
                names.Add(columns.Text(0));
            columns.Reset();
        }
        catch (LedgerException unreadable) when (!unreadable.IsOfTheMachine)
        {
            names.Clear();
        }

        return [.. names];
    }
}
