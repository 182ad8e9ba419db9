using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Host.Commands;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Topology;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>A file of canonicalization rules: the settings of a <c>normalize</c> stage at its top level and optionally <c>ruleset</c>, or a whole pipeline with such a stage.</summary>
internal static class RulesFile
{
    /// <summary>The rules, or null after every mistake has been written to stderr.</summary>
    /// <param name="file">Null for the defaults.</param>
    /// <param name="foldsScheme">Whether http and https are one where the file does not say; in a pipeline they are.</param>
    public static CanonicalizationRules? Read(string? file, bool foldsScheme)
    {
        List<Mistake> mistakes = [];
        var rules = new CanonicalizationRules { FoldScheme = foldsScheme };
        if (file is not null)
        {
            if (!PipelineFile.TryReadText(file, out var text, out var trouble))
            {
                Console.Error.WriteLine(trouble);
                return null;
            }

            rules = Parse(file, text, foldsScheme, mistakes);
        }

        foreach (var mistake in mistakes)
            Console.Error.WriteLine(mistake);
        return mistakes.Count == 0 ? rules : null;
    }

    private static CanonicalizationRules Parse(string file, string text, bool foldsScheme, List<Mistake> mistakes)
    {
        if (SettingsParser.Parse(file, text, mistakes) is not { } root)
            return new CanonicalizationRules();
        if (root.Entries.FirstOrDefault(entry => entry.Key.Text == "stages") is { } stages)
            return OfPipeline(file, text, stages.Key, mistakes);
        var yaml = new SettingsReader(root, file, "", mistakes);
        _ = yaml.Int64("ruleset", "The version of the fixed rules that these choices were made for.", CanonicalizationRules.RulesetVersion, CanonicalizationRules.RulesetVersion, CanonicalizationRules.RulesetVersion);
        var rules = NormalizeOptions.Read(yaml, foldsScheme).Rules;
        yaml.Finish();
        return rules;
    }

    private static CanonicalizationRules OfPipeline(string file, string text, ScalarNode stages, List<Mistake> mistakes)
    {
        var options = PipelineReader.Read(file, text, StageCatalog.Kinds, [], null, mistakes, [])?.Stages.Select(stage => stage.Options).OfType<NormalizeOptions>().FirstOrDefault();
        if (options is null && mistakes.Count == 0)
            mistakes.Add(new Mistake(file, stages.Line, stages.Column, stages.Text, "has no normalize stage, so there are no rules in it."));
        return options?.Rules ?? new CanonicalizationRules();
    }
}
