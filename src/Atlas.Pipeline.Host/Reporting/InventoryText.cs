using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What is in legacy databases: for people, and as JSON lines.</summary>
internal static class InventoryText
{
    public static string Of(Inventory inventory)
    {
        var text = new StringBuilder();
        foreach (var (input, about) in inventory.Census.Inputs.Zip(inventory.Inputs))
        {
            text.Append(CultureInfo.InvariantCulture, $"{input.Name}\n");
            foreach (var table in input.Tables)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {table.Name,-24} {Figures.Count(table.Rows),12} rows");
                text.Append(table.Duplicates > 0 ? $", {Figures.Count(table.Duplicates)} of them an earlier one's page in another spelling or under another id\n" : "\n");
                foreach (var (_, status, count) in about.Statuses.Where(status => status.Table == table.Name))
                    text.Append(CultureInfo.InvariantCulture, $"    {status,-22} {Figures.Count(count),12}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"  metadata without a queue row {Figures.Count(about.MetadataAlone),8}\n  queue rows without metadata  {Figures.Count(about.QueueAlone),8}\n");
            MigrationText.AppendGaps(text, input.Tables);
            text.Append("  defects\n");
            foreach (var defect in about.Defects)
                text.Append(CultureInfo.InvariantCulture, $"    {defect.Number,2} {VerdictOf(defect),-28} {defect.Name}{(defect.Verdict == DefectVerdict.Present ? $": {defect.Remedy}" : "")}\n");
        }

        text.Append("all URLs, by scheme\n");
        foreach (var (scheme, count) in inventory.Census.Kinds.Schemes)
            text.Append(CultureInfo.InvariantCulture, $"  {scheme,-24} {Figures.Count(count),12}\n");
        text.Append("all URLs, by class\n");
        foreach (var (kind, count) in inventory.Census.Kinds.Classes)
            text.Append(CultureInfo.InvariantCulture, $"  {kind,-24} {Figures.Count(count),12}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Figures.Count(inventory.Census.Rows.Count)} rows with a URL are {Figures.Count(inventory.Census.Groups)} different resources.\n");
        return text.ToString();
    }

    public static string Json(Inventory inventory)
    {
        var text = new StringBuilder();
        foreach (var (input, about) in inventory.Census.Inputs.Zip(inventory.Inputs))
        {
            foreach (var table in input.Tables)
                Line("table", json => WriteTable(json, input.Name, table));
            foreach (var (table, status, count) in about.Statuses)
                Line("status", json => WriteCount(json, input.Name, table, status, count));
            Line("orphans", json => WriteCount(json, input.Name, "content_metadata", "without a queue row", about.MetadataAlone));
            Line("orphans", json => WriteCount(json, input.Name, "processing_queue", "without metadata", about.QueueAlone));
            foreach (var defect in about.Defects)
                Line("defect", json => WriteDefect(json, input.Name, defect));
        }

        foreach (var (scheme, count) in inventory.Census.Kinds.Schemes)
            Line("scheme", json => WriteCount(json, null, null, scheme, count));
        foreach (var (kind, count) in inventory.Census.Kinds.Classes)
            Line("class", json => WriteCount(json, null, null, kind, count));
        Line("resources", json => json.WriteNumber("count", inventory.Census.Groups));
        return text.ToString();

        void Line(string kind, Action<Utf8JsonWriter> write) => text.Append(JsonLine.Of(json =>
        {
            json.WriteString("kind", kind);
            write(json);
        }));
    }

    private static void WriteTable(Utf8JsonWriter json, string database, LegacyTableRead table)
    {
        json.WriteString("database", database);
        json.WriteString("table", table.Name);
        json.WriteNumber("rows", table.Rows);
        json.WriteNumber("duplicates", table.Duplicates);
        json.WriteStartArray("unreadable");
        foreach (var gap in table.Unreadable)
            json.WriteStringValue(gap.ToString());
        json.WriteEndArray();
    }

    private static void WriteCount(Utf8JsonWriter json, string? database, string? table, string name, long count)
    {
        if (database is not null)
            json.WriteString("database", database);
        if (table is not null)
            json.WriteString("table", table);
        json.WriteString("name", name);
        json.WriteNumber("count", count);
    }

    private static void WriteDefect(Utf8JsonWriter json, string database, Defect defect)
    {
        json.WriteString("database", database);
        json.WriteNumber("number", defect.Number);
        json.WriteString("name", defect.Name);
        json.WriteString("verdict", defect.Verdict switch { DefectVerdict.Present => "present", DefectVerdict.Absent => "absent", _ => "cannot be told" });
        json.WriteNumber("count", defect.Count);
        json.WriteString("remedy", defect.Remedy);
    }

    private static string VerdictOf(Defect defect) => defect.Verdict switch
    {
        DefectVerdict.Present => $"present ({Figures.Count(defect.Count)})",
        DefectVerdict.Absent => "absent",
        _ => "cannot be told",
    };
}
