using System.Globalization;
using System.Text;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a verification has found: for people, and as one JSON object a line.</summary>
internal static class VerifyText
{
    public static string Of(VerifyReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"migration {report.Id}\n");
        foreach (var table in report.Tables)
            text.Append(CultureInfo.InvariantCulture, $"  {table.Database} {table.Table,-24} {Figures.Count(table.Rows),12} rows: {table.Where} (sha256 {table.Digest[..12]})\n");
        foreach (var (what, count) in report.Since)
            text.Append(CultureInfo.InvariantCulture, $"  {Figures.Count(count)} dead letters of this migration were {what}\n");
        foreach (var finding in report.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"  wrong: {finding.What} ({Figures.Count(finding.Count)})\n");
            foreach (var row in finding.First)
                text.Append(CultureInfo.InvariantCulture, $"    {row}\n");
            if (finding.Count > finding.First.Count)
                text.Append(CultureInfo.InvariantCulture, $"    and {Figures.Count(finding.Count - finding.First.Count)} more\n");
        }

        text.Append(report.IsClean ? string.Create(CultureInfo.InvariantCulture, $"Clean: every row is in exactly one place, {Figures.Count(report.Resources)} resources.\n") : "Not clean.\n");
        return text.ToString();
    }

    public static string Json(VerifyReport report) => JsonLine.Of(json =>
    {
        json.WriteString("migration", report.Id);
        json.WriteBoolean("clean", report.IsClean);
        json.WriteNumber("resources", report.Resources);
        json.WriteStartArray("tables");
        foreach (var table in report.Tables)
        {
            json.WriteStartObject();
            json.WriteString("database", table.Database);
            json.WriteString("table", table.Table);
            json.WriteNumber("rows", table.Rows);
            json.WriteString("where", table.Where);
            json.WriteString("sha256", table.Digest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("since");
        foreach (var (what, count) in report.Since)
        {
            json.WriteStartObject();
            json.WriteString("what", what);
            json.WriteNumber("count", count);
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
    });
}
