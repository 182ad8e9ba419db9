namespace Atlas.Pipeline.Migrate;

/// <summary>A name of a table or column that somebody else has chosen, as SQL.</summary>
internal static class SqlName
{
    public static string Of(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
