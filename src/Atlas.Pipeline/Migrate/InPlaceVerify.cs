using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Looks whether every row that was there before a change in place is: with its id and its URL, or whole among the aliases; and whether every alias leads to something.</summary>
internal sealed class InPlaceVerify
{
    /// <summary>Rows that are named of one table.</summary>
    private const int MostNamed = 100;

    /// <summary>Tables, by what their rows are known, and what of them nobody changes.</summary>
    private static readonly (string Table, string Id, string Constant)[] Known =
    [
        ("content_metadata", "content_id", "source_url"), ("processing_queue", "content_id", "source_url"), ("dead_letter_queue", "content_id", "source_url"),
        ("processed_content", "content_id", "content"), ("processing_log", "id", "content_id"), ("migration_log", "id", "legacy_url"),
    ];

    private readonly SqlConnection _database;
    private readonly LegacyShape _shape;
    private readonly List<InPlaceTable> _tables = [];
    private readonly List<string> _findings = [];

    private InPlaceVerify(SqlConnection database) => (_database, _shape) = (database, new LegacyShape(database));

    /// <exception cref="MigrationRefusedException">It was not changed in place.</exception>
    public static InPlaceReport Run(string file, IDisk disk, StepProgress progress)
    {
        var folder = InPlaceFolder.Last(file, disk);
        if (!disk.Exists(folder.Copy) || LegacyFile.DigestOf(folder.Copy).Sha256 != folder.Read().CopySha256)
            return new InPlaceReport([], [$"{folder.Copy} is not the copy that was made"]);
        using var database = LegacyFile.OpenRecovered(file);
        database.Execute($"ATTACH '{folder.Copy.Replace("'", "''", StringComparison.Ordinal)}' AS before");
        var verify = new InPlaceVerify(database);
        foreach (var (table, id, constant) in Known)
        {
            progress.Begin($"looking for every row of {table}", 0);
            verify.Look(table, id, constant);
        }

        verify.LookAtAliases();
        progress.End();
        return new InPlaceReport(verify._tables, verify._findings);
    }

    private void Look(string table, string id, string constant)
    {
        if (_database.Scalar($"SELECT count(*) FROM before.pragma_table_info('{table}', 'before') WHERE name IN ('{id}', '{constant}')") < 2)
            return;
        var before = _database.Scalar($"SELECT count(*) FROM before.{table}");
        if (!_shape.Has(table, id) || !_shape.Has(table, constant))
        {
            _findings.Add($"{table} is not there any more, and it had {before.ToString("N0", CultureInfo.InvariantCulture)} rows");
            _tables.Add(new InPlaceTable(table, before, 0, 0, before, 0));
            return;
        }

        var isThere = $"EXISTS(SELECT 1 FROM main.{table} m WHERE m.{id} IS b.{id} AND m.{constant} IS b.{constant})";
        var isAlias = _shape.Has(InPlaceColumns.Aliases) ? $"EXISTS(SELECT 1 FROM main.{InPlaceColumns.Aliases} a WHERE a.alias_id = coalesce(b.{id}, 'row ' || b.rowid) AND a.legacy_table = '{table}')" : "0";
        var kept = _database.Scalar($"SELECT count(*) FROM before.{table} b WHERE {isThere}");
        var aliased = _database.Scalar($"SELECT count(*) FROM before.{table} b WHERE NOT {isThere} AND {isAlias}");

        // What was moved here, or goes by the id of an earlier row, came from a row that was there.
        var isOfBefore = _shape.Has(InPlaceColumns.Aliases) ? $"EXISTS(SELECT 1 FROM main.{InPlaceColumns.Aliases} a WHERE a.alias_id = m.{id}) OR EXISTS(SELECT 1 FROM main.{InPlaceColumns.Aliases} a WHERE a.content_id = m.{id} AND a.legacy_table = '{table}')" : "0";
        var added = _database.Scalar($"SELECT count(*) FROM main.{table} m WHERE NOT EXISTS(SELECT 1 FROM before.{table} b WHERE b.{id} IS m.{id}) AND NOT ({isOfBefore})");
        _tables.Add(new InPlaceTable(table, before, kept, aliased, before - kept - aliased, added));
        if (before > kept + aliased)
            Name($"SELECT '{table}: ' || coalesce(b.{id}, 'row ' || b.rowid) || ' is not there, or has another {constant}' FROM before.{table} b WHERE NOT {isThere} AND NOT {isAlias}");
    }

    /// <summary>What a row was merged into must be there, or the page is gone with it.</summary>
    private void LookAtAliases()
    {
        if (!_shape.Has(InPlaceColumns.Aliases))
            return;
        string[] places = ["content_metadata", "processing_queue", "dead_letter_queue"];
        var isThere = string.Join(" OR ", places.Where(table => _shape.Has(table, "content_id")).Select(table => $"EXISTS(SELECT 1 FROM main.{table} m WHERE m.content_id = a.content_id)"));
        Name($"SELECT '{InPlaceColumns.Aliases}: ' || a.alias_id || ' of ' || a.legacy_table || ' leads to ' || a.content_id || ', which is not there' FROM main.{InPlaceColumns.Aliases} a WHERE a.content_id <> '' AND NOT ({isThere})");
    }

    private void Name(string sql)
    {
        var rows = _database.Prepare(string.Create(CultureInfo.InvariantCulture, $"{sql} LIMIT {MostNamed}"));
        while (rows.Step())
            _findings.Add(rows.Text(0));
        rows.Reset();
    }
}
