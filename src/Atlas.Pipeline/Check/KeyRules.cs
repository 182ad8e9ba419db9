using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Check;

/// <summary>What decides under which key a line is known: the settings of normalize and classify.</summary>
/// <remarks>As text it is a settings file, in JSON, which is YAML: the stages' own readers read it back.</remarks>
internal sealed record KeyRules(NormalizeOptions Normalize, ClassifyOptions Classify)
{
    /// <summary>What a pipeline has that says nothing of them.</summary>
    public static KeyRules Default { get; } = new(new NormalizeOptions(), new ClassifyOptions());

    /// <summary>A pipeline's: of the stages on the way to its buffer or else its last stage, where a stage has several feeders, those of the first.</summary>
    public static KeyRules Of(PipelineDefinition pipeline)
    {
        NormalizeOptions? normalize = null;
        ClassifyOptions? classify = null;
        var stage = pipeline.Stages.FirstOrDefault(stage => stage.Kind.Role == StageRole.Buffer) ?? (pipeline.Stages.Count > 0 ? pipeline.Stages[^1] : null);
        for (; stage is not null; stage = pipeline.Stages.FirstOrDefault(feeder => stage.From.Count > 0 && feeder.Name == stage.From[0].From))
        {
            normalize ??= stage.Options as NormalizeOptions;
            classify ??= stage.Options as ClassifyOptions;
        }

        return new KeyRules(normalize ?? new NormalizeOptions(), classify ?? new ClassifyOptions());
    }

    /// <summary>Whether some of a pipeline's lines are known by other rules than <see cref="Of"/> gives.</summary>
    public static bool AreSeveral(PipelineDefinition pipeline) =>
        pipeline.Stages.Count(stage => stage.Kind.Role == StageRole.Normalize) > 1 || pipeline.Stages.Count(stage => stage.Kind.Role == StageRole.Classify) > 1;

    /// <summary>Reads what <see cref="ToText"/> wrote; null if it is something else.</summary>
    public static KeyRules? Parse(string text)
    {
        const string File = "the ledger";
        List<Mistake> mistakes = [];
        if (text.Length == 0 || SettingsParser.Parse(File, text, mistakes) is not { } root)
            return null;
        var (normalize, classify) = (Section("normalize"), Section("classify"));
        var rules = new KeyRules(NormalizeOptions.Read(normalize), ClassifyOptions.Read(classify));
        normalize.Finish();
        classify.Finish();
        return mistakes.Count == 0 ? rules : null;

        SettingsReader Section(string name) =>
            new(root.Entries.FirstOrDefault(entry => entry.Key.Text == name)?.Value as MappingNode ?? new MappingNode([], 1, 1), File, name, mistakes);
    }

    public string ToText()
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteNormalize(json);
            WriteClassify(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private void WriteNormalize(Utf8JsonWriter json)
    {
        var rules = Normalize.Rules;
        json.WriteStartObject("normalize");
        if (!rules.DropTracking)
            json.WriteString("drop_params", "none");
        else if (rules.DropParams.Count > 0)
            WriteNames(json, "drop_params", rules.DropParams);
        WriteNames(json, "keep_params", rules.KeepParams);
        json.WriteStartObject("sites");
        foreach (var (domain, site) in rules.Sites)
        {
            json.WriteStartObject(domain);
            WriteNames(json, "drop_params", site.DropParams);
            WriteNames(json, "keep_params", site.KeepParams);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteBoolean("fold_scheme", rules.FoldScheme);
        json.WriteBoolean("fold_www", rules.FoldWww);
        json.WriteBoolean("trailing_slash", rules.FoldTrailingSlash);
        json.WriteBoolean("session_ids", rules.DropSessionIds);
        json.WriteBoolean("schemeless", rules.AcceptSchemeless);
        json.WriteEndObject();
    }

    private void WriteClassify(Utf8JsonWriter json)
    {
        json.WriteStartObject("classify");
        json.WriteStartArray("rules");
        foreach (var rule in Classify.Rules)
        {
            json.WriteStartObject();
            if (rule.Scheme is { } scheme)
                json.WriteString("scheme", scheme);
            if (rule.Host is { } host)
                json.WriteString("host", (rule.AnySubdomain ? "*" : "") + Encoding.UTF8.GetString(host));
            if (rule.PathPrefix is { } prefix)
                json.WriteString("path_prefix", prefix);
            if (rule.Suffix is { } suffix)
                json.WriteString("suffix", suffix);
            if (rule.Strategy is { } strategy)
                json.WriteString("strategy", ProcessingStrategies.NameOf(strategy));
            json.WriteString("priority", PriorityClasses.Names[(int)rule.Priority]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IReadOnlyList<string> names)
    {
        json.WriteStartArray(name);
        foreach (var each in names)
            json.WriteStringValue(each);
        json.WriteEndArray();
    }
}
