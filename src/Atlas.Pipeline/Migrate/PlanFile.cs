using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atlas.Pipeline.Check;

namespace Atlas.Pipeline.Migrate;

/// <summary>A plan as a file that people read too: JSON.</summary>
internal static class PlanFile
{
    private const int Format = 1;

    public static byte[] Write(MigrationPlan plan)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteString("id", plan.Id);
            json.WriteString("state", plan.State);
            json.WriteStartObject("settings");
            json.WriteString("timezone", plan.Settings.TimeZone);
            json.WritePropertyName("rules");
            json.WriteRawValue(plan.Settings.Rules.ToText());
            json.WriteEndObject();
            json.WritePropertyName("actions");
            WriteActions(json, plan.Actions);
            json.WriteStartArray("inputs");
            foreach (var input in plan.Inputs)
                WriteInput(json, input);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <exception cref="FormatException">It is no plan of this version.</exception>
    public static MigrationPlan Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.GetProperty("format").GetInt32() != Format)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it has format {root.GetProperty("format").GetInt32()}, and this program reads format {Format}"));
            var settings = root.GetProperty("settings");
            var plan = new MigrationPlan
            {
                State = root.GetProperty("state").GetString()!,
                Settings = new MigrationSettings(KeyRules.Parse(settings.GetProperty("rules").GetRawText()) ?? throw new FormatException("its rules cannot be read"), settings.GetProperty("timezone").GetString()!),
                Inputs = [.. root.GetProperty("inputs").EnumerateArray().Select(ReadInput)],
                Actions = ReadActions(root.GetProperty("actions")),
            };
            return plan.Id == root.GetProperty("id").GetString() ? plan : throw new FormatException("its id is not that of its inputs and settings: it was changed by hand");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or TimeZoneNotFoundException)
        {
            throw new FormatException(error.Message, error);
        }
    }

    public static void WriteActions(Utf8JsonWriter json, MigrationActions actions)
    {
        json.WriteStartObject();
        CountsJson.Write(json, "queue", actions.Queue);
        json.WriteNumber("documents", actions.Documents);
        CountsJson.Write(json, "dead_letters", actions.DeadLetters);
        json.WriteNumber("existing", actions.Existing);
        json.WriteNumber("merged_rows", actions.Merged);
        json.WriteNumber("aliased_rows", actions.Aliases);
        json.WriteNumber("queued_without_content", actions.WithoutContent);
        json.WriteEndObject();
    }

    private static void WriteInput(Utf8JsonWriter json, PlannedInput input)
    {
        json.WriteStartObject();
        json.WriteString("path", input.Path);
        json.WriteNumber("bytes", input.Bytes);
        json.WriteString("sha256", input.Sha256);
        json.WriteStartArray("tables");
        foreach (var table in input.Tables)
        {
            json.WriteStartObject();
            json.WriteString("table", table.Name);
            json.WriteNumber("rows", table.Rows);
            json.WriteNumber("duplicates", table.Duplicates);
            json.WriteString("sha256", table.Digest);
            json.WriteStartArray("unreadable");
            foreach (var gap in table.Unreadable)
            {
                json.WriteStartObject();
                json.WriteString("what", gap.Table);
                json.WriteNumber("first", gap.First);
                json.WriteNumber("last", gap.Last);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static PlannedInput ReadInput(JsonElement input) => new(
        input.GetProperty("path").GetString()!,
        input.GetProperty("bytes").GetInt64(),
        input.GetProperty("sha256").GetString()!,
        [.. input.GetProperty("tables").EnumerateArray().Select(table => new LegacyTableRead(
            table.GetProperty("table").GetString()!,
            table.GetProperty("rows").GetInt64(),
            table.GetProperty("sha256").GetString()!,
            [.. table.GetProperty("unreadable").EnumerateArray().Select(gap => new UnreadableRows(gap.GetProperty("what").GetString()!, gap.GetProperty("first").GetInt64(), gap.GetProperty("last").GetInt64()))])
        {
            Duplicates = table.GetProperty("duplicates").GetInt64(),
        })]);

    private static MigrationActions ReadActions(JsonElement actions) => new()
    {
        Queue = ReadCounts(actions.GetProperty("queue")),
        Documents = actions.GetProperty("documents").GetInt64(),
        DeadLetters = ReadCounts(actions.GetProperty("dead_letters")),
        Existing = actions.GetProperty("existing").GetInt64(),
        Merged = actions.GetProperty("merged_rows").GetInt64(),
        Aliases = actions.GetProperty("aliased_rows").GetInt64(),
        WithoutContent = actions.GetProperty("queued_without_content").GetInt64(),
    };

    private static SortedDictionary<string, long> ReadCounts(JsonElement counts)
    {
        var read = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var count in counts.EnumerateObject())
            read[count.Name] = count.Value.GetInt64();
        return read;
    }
}
