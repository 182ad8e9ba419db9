using System.Globalization;
using System.Text;
using Atlas.Pipeline.Host.Commands;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a change in place has come to: for people, and as a JSON object a line.</summary>
internal static class InPlaceText
{
    public static string Of(string file, InPlaceOutcome outcome) => !outcome.ChangedAnything ? $"{file} needs no change.\n" : string.Create(CultureInfo.InvariantCulture, $"""
        {file} was changed in place.
          columns added {outcome.Columns}, rows merged {Figures.Count(outcome.Merged)}, moved to the dead letters {Figures.Count(outcome.Moved)}, pending again {Figures.Count(outcome.Freed)}
        Look for every row with: atlas migrate in-place {ShellWord.Of(file)} --verify
        Put it back with: atlas migrate in-place {ShellWord.Of(file)} --rollback

        """);

    public static string Json(string file, InPlaceOutcome outcome) => JsonLine.Of(json =>
    {
        json.WriteString("file", file);
        json.WriteBoolean("changed", outcome.ChangedAnything);
        json.WriteNumber("columns", outcome.Columns);
        json.WriteNumber("merged", outcome.Merged);
        json.WriteNumber("moved", outcome.Moved);
        json.WriteNumber("freed", outcome.Freed);
        json.WriteString("digest", outcome.Digest);
    });

    public static string Of(string file, InPlaceReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{file}\n");
        foreach (var table in report.Tables)
            text.Append(CultureInfo.InvariantCulture, $"  {table.Table,-24} {Figures.Count(table.Before),12} rows before: {Figures.Count(table.Kept)} as they are, {Figures.Count(table.Aliased)} in {InPlaceColumns.Aliases}, {Figures.Count(table.Missing)} missing; {Figures.Count(table.Added)} came since\n");
        foreach (var finding in report.Findings)
            text.Append(CultureInfo.InvariantCulture, $"  wrong: {finding}\n");
        text.Append(report.IsClean ? "Clean: every row that was there is there.\n" : "Not clean.\n");
        return text.ToString();
    }

    public static string Json(string file, InPlaceReport report) => JsonLine.Of(json =>
    {
        json.WriteString("file", file);
        json.WriteBoolean("clean", report.IsClean);
        json.WriteStartArray("tables");
        foreach (var table in report.Tables)
        {
            json.WriteStartObject();
            json.WriteString("table", table.Table);
            json.WriteNumber("before", table.Before);
            json.WriteNumber("kept", table.Kept);
            json.WriteNumber("aliased", table.Aliased);
            json.WriteNumber("missing", table.Missing);
            json.WriteNumber("added", table.Added);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in report.Findings)
            json.WriteStringValue(finding);
        json.WriteEndArray();
    });

    /// <summary>What a database is after it was put back.</summary>
    public static string Json(string file, string digest) => JsonLine.Of(json =>
    {
        json.WriteString("file", file);
        json.WriteString("digest", digest);
    });
}
