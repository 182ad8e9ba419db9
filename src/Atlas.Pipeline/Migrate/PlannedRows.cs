using System.Text.Encodings.Web;
using System.Text.Json;
using Atlas.Urls;

namespace Atlas.Pipeline.Migrate;

/// <summary>What a plan decides of every single row, as JSON lines: where its resource goes, and under which id it is kept.</summary>
internal static class PlannedRows
{
    /// <param name="census">Finished.</param>
    /// <param name="rows">The same databases.</param>
    /// <param name="existing">Resources that the state directory has.</param>
    /// <param name="output">Stays its owner's.</param>
    public static void Write(LegacyCensus census, LegacyRows rows, IReadOnlyDictionary<int, long> existing, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        foreach (var row in census.Rows)
        {
            ref readonly var group = ref census.Group(row.Group);
            json.WriteStartObject();
            json.WriteString("database", rows.NameOf(row.Input));
            json.WriteString("table", LegacyTables.NameOf(row.Table));
            json.WriteNumber("row", row.Row);
            json.WriteString("legacy_id", rows.Read(row).Text(LegacyField.Id));
            json.WriteString("content_id", ContentId.ToHex(group.Key));
            json.WriteString("goes_to", existing.ContainsKey(row.Group) ? "existing" : group.Place switch { LegacyPlace.Document => "documents", LegacyPlace.DeadLetter => "dead_letters", _ => "queue" });
            if (group.Place == LegacyPlace.DeadLetter)
                json.WriteString("reason", group.Reason.Name);
            else if (group.Place == LegacyPlace.Queue)
                json.WriteString("priority", PriorityClasses.NameOf(group.Class));
            var first = census.Rows[group.First];
            if (first != row)
                json.WriteString("merged_into", rows.Read(first).Text(LegacyField.Id));
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            output.WriteByte((byte)'\n');
        }
    }
}
