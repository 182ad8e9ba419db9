using System.Text;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.AcceptanceTests.Documents;

/// <summary>docs/settings.md: every setting of every kind, from the readers that read them.</summary>
internal static class SettingsPage
{
    public static string Write(IReadOnlyList<StageKind> kinds)
    {
        var page = new StringBuilder("""
            # Settings

            Every setting of a pipeline file. Written by `make docs` from the readers of the settings; `pipelines/pipeline.schema.json` says the same to editors.

            ## The pipeline


            """.ReplaceLineEndings("\n"));
        Table(page, JsonSchema.PipelineSettings);
        page.Append("`sources` and `stages` are maps from names to the settings below. ");
        page.Append("`${env:NAME}` and `${file:PATH}` bring secrets in; `--set path.to.setting=value` overrides one setting.\n\n");
        foreach (var kind in kinds)
        {
            page.Append($"## {kind.Word}\n\n{kind.Summary} {(kind.Takes == Port.None ? "A source." : "A stage.")}\n\n");
            Table(page, JsonSchema.SettingsOf(kind));
        }

        return page.ToString().TrimEnd('\n') + "\n";
    }

    private static void Table(StringBuilder page, IReadOnlyList<SettingDoc> settings)
    {
        page.Append("| Setting | Type | Default | Limits | Meaning |\n|---|---|---|---|---|\n");
        Rows(page, settings, "");
        page.Append('\n');
    }

    private static void Rows(StringBuilder page, IReadOnlyList<SettingDoc> settings, string above)
    {
        foreach (var setting in settings)
        {
            var otherwise = setting.Default switch { null => "required", "" => "", { } text => $"`{text}`" };
            page.Append($"| `{above}{setting.Name}` | {setting.Type} | {otherwise} | {Cell(setting.Limits)} | {Cell(setting.Doc)} |\n");
            if (setting.Inside is { } inside)
                Rows(page, inside, $"{above}{setting.Name}.");
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
