using System.Text;

namespace Atlas.Pipeline.Migrate;

/// <summary>The tables that are known. The numbers are stored with a migration, so none is ever given to another table.</summary>
internal enum LegacyTable : byte
{
    Metadata = 0,
    Queue = 1,
    DeadLetters = 2,
    Content = 3,
    Version1Content = 4,
    Version1Episodes = 5,
}

/// <summary>What is read of a row, whatever its table: column numbers of <see cref="LegacyTables.Select"/>.</summary>
internal static class LegacyField
{
    public const int Row = 0, Id = 1, Url = 2, Status = 3, Priority = 4, Retries = 5, Created = 6, Ended = 7, Reason = 8, FailureType = 9, Error = 10, IsProcessable = 11, BodyBytes = 12;

    /// <summary>Fields there are; a table's own columns stand behind them.</summary>
    public const int Count = 13;
}

/// <summary>How the tables are called and read.</summary>
internal static class LegacyTables
{
    /// <summary>In the order in which they are read, so that every row of <c>processed_content</c> finds the row that has its URL.</summary>
    public static readonly IReadOnlyList<LegacyTable> All = [LegacyTable.Metadata, LegacyTable.Queue, LegacyTable.DeadLetters, LegacyTable.Content, LegacyTable.Version1Content, LegacyTable.Version1Episodes];

    private static readonly string[] Names = ["content_metadata", "processing_queue", "dead_letter_queue", "processed_content", "content", "episode_queue"];

    // In the order of LegacyField, from Id on; the first column that the table has is taken.
    private static readonly string[][] Fields =
    [
        ["content_id", "source_url", "validation_status", "", "", "created_at", "updated_at", "failure_reason", "", "", "is_processable", ""],
        ["content_id", "source_url", "status", "priority", "retry_count", "created_at", "completed_at updated_at", "failure_reason", "", "", "", ""],
        ["content_id", "source_url", "", "", "retry_count", "", "quarantined_at", "quarantine_reason failure_classification", "failure_type", "original_error", "", ""],
        ["content_id", "", "", "", "", "created_at", "", "", "", "", "", "content"],
        ["content_id id", "url", "", "", "", "created_at", "", "", "", "", "", "content"],
        ["id", "episode_url", "status", "", "", "created_at", "updated_at", "", "", "", "", ""],
    ];

    public static string NameOf(LegacyTable table) => Names[(int)table];

    /// <summary>The table that is called so; null for one that nobody here knows.</summary>
    public static LegacyTable? Find(string name) => Array.FindIndex(Names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var number ? (LegacyTable)number : null;

    /// <summary>Whether rows of a table have the id that the programs knew a resource by; those of v1 are numbered, and nobody called them by it.</summary>
    public static bool HasIds(LegacyTable table) => table is LegacyTable.Metadata or LegacyTable.Queue or LegacyTable.DeadLetters;

    /// <summary>The column that holds what a document was.</summary>
    public const string BodyColumn = "content";

    /// <summary>Whether a database has a table that rows can be taken from: without the column of its URLs it is another program's of the same name.</summary>
    public static bool IsIn(LegacyShape shape, LegacyTable table) =>
        shape.Has(NameOf(table), table == LegacyTable.Content ? "content_id" : Fields[(int)table][LegacyField.Url - 1]);

    /// <summary>The fields of a table's rows, and behind them its own columns, of the table as <c>t</c>. What a table lacks is NULL.</summary>
    public static string Select(LegacyShape shape, LegacyTable table)
    {
        var sql = new StringBuilder("SELECT t.rowid");
        var fields = Fields[(int)table];
        for (var field = 0; field < fields.Length; field++)
        {
            var number = field + 1;
            var column = fields[field].Split(' ').FirstOrDefault(name => shape.Has(NameOf(table), name));
            sql.Append(", ").Append(
                table == LegacyTable.Content && number == LegacyField.Url ? UrlOfContent(shape)
                : string.IsNullOrEmpty(column) ? "NULL"
                : number == LegacyField.BodyBytes ? $"length(CAST(t.{column} AS BLOB))"
                : "t." + column);
        }

        return sql.Append(", t.* FROM ").Append(NameOf(table)).Append(" t").ToString();
    }

    /// <summary>The ids of a table in the order of their bytes, with the row's number behind; null where it has none.</summary>
    public static string? IdsInOrder(LegacyShape shape, LegacyTable table)
    {
        const string Column = "content_id";
        return IsIn(shape, table) && shape.Has(NameOf(table), Column) ? $"SELECT t.{Column}, t.rowid FROM {NameOf(table)} t ORDER BY t.{Column} COLLATE BINARY, t.rowid" : null;
    }

    private static string UrlOfContent(LegacyShape shape)
    {
        // A cleanup may have left a content with nothing but its dead letter.
        var tables = new[] { LegacyTable.Metadata, LegacyTable.Queue, LegacyTable.DeadLetters }.Where(table => IsIn(shape, table) && shape.Has(NameOf(table), "content_id"))
            .Select(table => $"(SELECT nullif(u.source_url, '') FROM {NameOf(table)} u WHERE u.content_id = t.content_id)").ToList();
        return tables.Count == 0 ? "NULL" : $"coalesce({string.Join(", ", tables)}, NULL)";
    }
}
