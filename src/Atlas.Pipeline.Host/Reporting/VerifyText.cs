using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a verification has found: for people, and as one JSON object a line.</summary>
internal static class VerifyText
{
    public static string Of(VerifyReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"migration {report.Id}\n");
        foreach (var (database, table, rows, where) in report.Tables)
            text.Append(CultureInfo.InvariantCulture, $"  {database} {table,-24} {Figures.Count(rows),12} rows: {where}\n");
        foreach (var finding in report.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"  wrong: {finding.What} ({Figures.Count(finding.Count)})\n");
            foreach (var row in finding.First)
                text.Append(CultureInfo.InvariantCulture, $"    {row}\n");
        }

        text.Append(report.IsClean ? string.Create(CultureInfo.InvariantCulture, $"Clean: every row is in exactly one place, {Figures.Count(report.Resources)} resources.\n") : "Not clean.\n");
        return text.ToString();
    }

    public static string Json(VerifyReport report)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("migration", report.Id);
            json.WriteBoolean("clean", report.IsClean);
            json.WriteNumber("resources", report.Resources);
            json.WriteStartArray("tables");
            foreach (var (database, table, rows, where) in report.Tables)
            {
                json.WriteStartObject();
                json.WriteString("database", database);
                json.WriteString("table", table);
                json.WriteNumber("rows", rows);
                json.WriteString("where", where);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("findings");
            foreach (var finding in report.Findings)
            {
                json.WriteStartObject();
                json.WriteString("what", finding.What);
                json.WriteNumber("count", finding.Count);
                json.WriteStartArray("rows");
                foreach (var row in finding.First)
                    json.WriteStringValue(row);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }
}
