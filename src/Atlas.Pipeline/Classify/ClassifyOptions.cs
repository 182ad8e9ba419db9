using System.Text;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Classify;

/// <summary>The settings of <c>classify</c>.</summary>
internal sealed record ClassifyOptions
{
    private const string Name = "rules";

    private static readonly IReadOnlyList<string> Keys = ["scheme", "host", "path_prefix", "suffix", "strategy", "priority"];

    /// <summary>The pipeline's own rules; the first that matches decides, and where none does the scheme.</summary>
    public IReadOnlyList<ClassifyRule> Rules { get; init; } = [];

    internal static ClassifyOptions Read(SettingsReader yaml)
    {
        var node = yaml.Node(Name, "string or list", "default, or a list of maps with scheme, host, path_prefix, suffix, strategy and priority: the first that matches decides, the default rules come after them.", "default");
        var rules = new List<ClassifyRule>();
        switch (node)
        {
            case null or ScalarNode { Text: "default" }:
                break;
            case SequenceNode list:
                foreach (var item in list.Items)
                {
                    if (item is MappingNode map)
                        rules.Add(ReadRule(yaml, map));
                    else
                        yaml.Report(item, Name, "each rule must be a map, written { host: example.org, priority: high }.");
                }

                break;
            default:
                yaml.Report(node, Name, "must be default or a list of rules." + (node is ScalarNode scalar ? DidYouMean.Among(scalar.Text, ["default"]) : ""));
                break;
        }

        return new ClassifyOptions { Rules = rules };
    }

    private static ClassifyRule ReadRule(SettingsReader yaml, MappingNode map)
    {
        var rule = new ClassifyRule();
        foreach (var entry in map.Entries)
        {
            var key = $"{Name}.{entry.Key.Text}";
            if (!Keys.Contains(entry.Key.Text))
                yaml.Report(entry.Key, key, $"no such setting.{DidYouMean.Among(entry.Key.Text, Keys)}");
            else if (entry.Value is not ScalarNode { Text.Length: > 0 } value)
                yaml.Report(entry.Value, key, "must be a single value that is not empty.");
            else
                rule = With(rule, yaml, entry.Key.Text, key, value);
        }

        return rule;
    }

    private static ClassifyRule With(ClassifyRule rule, SettingsReader yaml, string setting, string key, ScalarNode value)
    {
        switch (setting)
        {
            case "scheme":
                return rule with { Scheme = Bytes(value.Text.TrimEnd(':').ToLowerInvariant()) };
            case "host":
                var anySubdomain = value.Text.StartsWith("*.", StringComparison.Ordinal);
                var host = anySubdomain ? value.Text[1..] : value.Text;
                if (host.Contains('*', StringComparison.Ordinal) || host.Contains('/', StringComparison.Ordinal))
                    yaml.Report(value, key, "must be a host name, or *. and a host name.");
                return rule with { Host = Bytes(host.ToLowerInvariant()), AnySubdomain = anySubdomain };
            case "path_prefix":
                if (value.Text[0] != '/')
                    yaml.Report(value, key, "must start with a slash.");
                return rule with { PathPrefix = Bytes(value.Text) };
            case "suffix":
                return rule with { Suffix = Bytes(value.Text) };
            case "strategy":
                return rule with { Strategy = (ProcessingStrategy)IndexOf(yaml, key, value, ProcessingStrategies.Names, (int)ProcessingStrategy.HttpContent) };
            default:
                return rule with { Priority = (PriorityClass)IndexOf(yaml, key, value, PriorityClasses.Names, (int)rule.Priority) };
        }
    }

    private static int IndexOf(SettingsReader yaml, string key, ScalarNode value, IReadOnlyList<string> words, int instead)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == value.Text)
                return i;
        }

        yaml.Report(value, key, $"must be one of {string.Join(", ", words)}.{DidYouMean.Among(value.Text, words)}");
        return instead;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
