using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Atlas.Pipeline.Topology;

/// <summary>The JSON Schema (draft 2020-12) of pipeline files, for editors. What only the links can get wrong is not in it.</summary>
internal static class JsonSchema
{
    /// <summary>The settings that stand beside <c>sources</c> and <c>stages</c>.</summary>
    public static IReadOnlyList<SettingDoc> PipelineSettings { get; } =
    [
        new("name", "string", null, "a-z, 0-9, '_', '-'; at most 64", "What the pipeline is called in reports."),
        new("state", "string", "", "", "The directory of the ledger, the dedup index and the bodies. Required with a buffer."),
        new("drain_deadline_ms", "integer", "30000", "at least 0", "Milliseconds that a drain may take after a signal; then it becomes an abort.") { Min = 0 },
        new("disk_reserve_bytes", "integer", "", "at least 0", "Bytes kept free on the disk of the state directory: below that nothing new is taken in, and no body stored, until there is room again; 0 switches it off. Left out, it is 536870912 (512 MiB), or a twentieth of the disk if that is less.") { Min = 0 },
        new("memory", "string or integer", "", "at least 64 MiB", "The memory that the pipeline may take, as \"1GiB\", \"512MiB\" or a number of bytes. It is shared out over the dedup index, its log, filter and recent keys, the queues, SQLite's caches and the buffer; what a stage sets itself stays. 'validate' prints the shares, and says what to change when expected_urls does not fit. Left out, every part has its own default. Bodies on their way to the disk that are larger than 256 KiB come on top."),
        new("admission", "map", "", "", "How lines are gathered on their way into the ledger. Batches and commits adapt by themselves: larger under load, smaller when commits are slow or little comes in.") { Inside = InsideOf(AdmissionOptions.Read) },
        new("pressure", "map", "", "", "From how much use of this machine the run holds back: moderate (no more is fetched at once), high (half of it, and lines are taken in slowly), critical (as little as possible, and nothing new is taken in).") { Inside = InsideOf(PressureOptions.Read) },
        new("dead_letters", "map", "", "", "How long dead letters are kept. What is deleted is counted (`purged`) and shown by `atlas dlq history`; its URL stays known.") { Inside = InsideOf(DeadLetterOptions.Read) },
    ];

    /// <summary>The settings of a kind: those that every station has, then its own.</summary>
    public static IReadOnlyList<SettingDoc> SettingsOf(StageKind kind)
    {
        var yaml = SettingsReader.ForDocs();
        kind.ReadOptions(yaml);
        var isSource = kind.Takes == Port.None;
        List<SettingDoc> settings = [new("type", "string", isSource ? null : kind.Word, kind.Word, isSource ? "The kind." : "The kind; may be left out where it is the stage's name.") { Choices = [kind.Word] }];
        if (!isSource)
            settings.Add(new("from", "string or list", null, "", "Who feeds it: a source, a stage, stage.output, or a list of these."));
        if (!isSource && kind.Role != StageRole.Buffer)
            settings.Add(new("capacity", "integer", "8", "from 1 to 65536", $"{(kind.Takes == Port.Urls ? "Batches" : "Items")} that may wait in front of it; when full, the stage before it waits.") { Min = 1, Max = 65_536 });
        if (kind.MayRunParallel)
            settings.Add(new("parallelism", "integer", "1", "from 1 to 64", "Batches it works on at once.") { Min = 1, Max = 64 });
        settings.AddRange(yaml.Declared);
        return settings;
    }

    /// <summary>The schema's text, ending in a line feed.</summary>
    public static string Write(IReadOnlyList<StageKind> kinds)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            json.WriteString("title", "Atlas pipeline");
            json.WriteString("type", "object");
            json.WriteStartArray("required");
            json.WriteStringValue("name");
            json.WriteStringValue("sources");
            json.WriteStringValue("stages");
            json.WriteEndArray();
            json.WriteBoolean("additionalProperties", false);
            json.WriteStartObject("properties");
            foreach (var setting in PipelineSettings)
                WriteSetting(json, setting);
            foreach (var word in new[] { "http", "alerts", "tests" })
            {
                json.WriteStartObject(word);
                json.WriteString("description", "Has no effect in this version.");
                json.WriteEndObject();
            }

            WriteStations(json, "sources", kinds.Where(kind => kind.Takes == Port.None).ToList());
            WriteStations(json, "stages", kinds.Where(kind => kind.Takes != Port.None).ToList());
            json.WriteEndObject();
            json.WriteStartObject("$defs");
            foreach (var kind in kinds)
                WriteKind(json, kind);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static IReadOnlyList<SettingDoc> InsideOf(Func<SettingsReader, object> read)
    {
        var yaml = SettingsReader.ForDocs();
        read(yaml);
        return yaml.Declared;
    }

    private static void WriteStations(Utf8JsonWriter json, string section, List<StageKind> kinds)
    {
        json.WriteStartObject(section);
        json.WriteString("type", "object");
        json.WriteNumber("minProperties", 1);
        json.WriteStartObject("propertyNames");
        json.WriteString("pattern", "^[a-z0-9_-]{1,64}$");
        json.WriteEndObject();
        if (section == "stages")
        {
            // A stage called like a kind may leave its type out.
            json.WriteStartObject("properties");
            foreach (var kind in kinds)
            {
                json.WriteStartObject(kind.Word);
                WriteCondition(json, kind, whenTyped: false);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteStartObject("additionalProperties");
        json.WriteString("type", "object");
        json.WriteStartArray("required");
        json.WriteStringValue("type");
        json.WriteEndArray();
        json.WriteStartArray("allOf");
        foreach (var kind in kinds)
        {
            json.WriteStartObject();
            WriteCondition(json, kind, whenTyped: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCondition(Utf8JsonWriter json, StageKind kind, bool whenTyped)
    {
        json.WriteStartObject("if");
        json.WriteStartObject("properties");
        json.WriteStartObject("type");
        json.WriteString("const", kind.Word);
        json.WriteEndObject();
        json.WriteEndObject();
        if (whenTyped)
        {
            json.WriteStartArray("required");
            json.WriteStringValue("type");
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("then");
        json.WriteString("$ref", $"#/$defs/{kind.Word}");
        json.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter json, StageKind kind)
    {
        var settings = SettingsOf(kind);
        json.WriteStartObject(kind.Word);
        json.WriteString("description", kind.Summary);
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartArray("required");
        foreach (var setting in settings.Where(setting => setting.Default is null))
            json.WriteStringValue(setting.Name);
        json.WriteEndArray();
        json.WriteStartObject("properties");
        foreach (var setting in settings)
            WriteSetting(json, setting);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter json, SettingDoc setting)
    {
        json.WriteStartObject(setting.Name);
        json.WriteString("description", setting.Doc);
        json.WriteStartArray("type");
        foreach (var type in setting.Type.Split(" or "))
            json.WriteStringValue(type switch { "list" => "array", "map" or SettingDoc.MapOfMaps => "object", _ => type });
        json.WriteEndArray();
        if (setting.Type == SettingDoc.MapOfMaps)
        {
            json.WriteStartObject("additionalProperties");
            json.WriteString("type", "object");
            json.WriteEndObject();
        }

        if (setting.Min is { } min && setting.Type == "integer")
            json.WriteNumber("minimum", min);
        if (setting.Max is { } max && setting.Type == "integer")
            json.WriteNumber("maximum", max);
        if (setting.Choices is { } choices)
        {
            json.WriteStartArray("enum");
            foreach (var choice in choices)
                json.WriteStringValue(choice);
            json.WriteEndArray();
        }

        WriteDefault(json, setting);
        if (setting.Inside is { Count: > 0 } inside)
        {
            json.WriteBoolean("additionalProperties", false);
            json.WriteStartObject("properties");
            foreach (var below in inside)
                WriteSetting(json, below);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteDefault(Utf8JsonWriter json, SettingDoc setting)
    {
        if (setting.Default is not { Length: > 0 } text)
            return;
        if (setting.Type == "integer" && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            json.WriteNumber("default", number);
        else if (setting.Type == "number" && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real))
            json.WriteNumber("default", real);
        else if (setting.Type == "boolean")
            json.WriteBoolean("default", text == "true");
        else if (setting.Type.StartsWith("string", StringComparison.Ordinal))
            json.WriteString("default", text);
    }
}
