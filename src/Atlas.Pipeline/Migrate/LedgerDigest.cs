using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What a ledger says, as one number: two ledgers with the same tables and rows have the same, however their pages lie.</summary>
internal static class LedgerDigest
{
    public static string Of(SqlConnection ledger)
    {
        using var digest = new RowDigest();
        var parts = ledger.Prepare("SELECT name, sql, type FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY type, name");
        var tables = new List<string>();
        while (parts.Step())
        {
            digest.Append(parts, 0, 2);
            if (parts.Text(2) == "table")
                tables.Add(parts.Text(0));
        }

        parts.Reset();
        foreach (var table in tables)
        {
            var columns = (int)ledger.Scalar($"SELECT count(*) FROM pragma_table_xinfo('{table.Replace("'", "''", StringComparison.Ordinal)}') WHERE hidden <> 1");
            var rows = ledger.Prepare($"SELECT * FROM {SqlName.Of(table)}");
            while (rows.Step())
                digest.Append(rows, 0, columns);
            rows.Reset();
        }

        return digest.End();
    }
}
