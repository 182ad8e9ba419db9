using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Topology;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>A file of canonicalization rules: the settings of a <c>normalize</c> stage at its top level, and optionally <c>ruleset</c>.</summary>
internal static class RulesFile
{
    // The parser refuses more than this; reading a byte beyond it is enough to know.
    private const int MostBytes = (256 * 1024) + 1;

    /// <summary>The rules, or null after every mistake has been written to stderr.</summary>
    /// <param name="file">Null for the defaults of <c>atlas normalize</c>.</param>
    public static CanonicalizationRules? Read(string? file)
    {
        List<Mistake> mistakes = [];
        var rules = new CanonicalizationRules { FoldScheme = false };
        if (file is not null)
        {
            try
            {
                rules = Parse(file, ReadText(file), mistakes);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
            {
                Console.Error.WriteLine($"{file}: cannot be read: {error.Message}");
                return null;
            }
        }

        foreach (var mistake in mistakes)
            Console.Error.WriteLine(mistake);
        return mistakes.Count == 0 ? rules : null;
    }

    private static CanonicalizationRules Parse(string file, string text, List<Mistake> mistakes)
    {
        if (SettingsParser.Parse(file, text, mistakes) is not { } root)
            return new CanonicalizationRules();
        var yaml = new SettingsReader(root, file, "", mistakes);
        _ = yaml.Int64("ruleset", "The version of the fixed rules that these choices were made for.", CanonicalizationRules.RulesetVersion, CanonicalizationRules.RulesetVersion, CanonicalizationRules.RulesetVersion);
        var rules = NormalizeOptions.Read(yaml, foldsScheme: false).Rules;
        yaml.Finish();
        return rules;
    }

    private static string ReadText(string file)
    {
        using var stream = File.OpenRead(file);
        var bytes = new byte[MostBytes];
        var length = stream.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false);
        return System.Text.Encoding.UTF8.GetString(bytes, 0, length);
    }
}
