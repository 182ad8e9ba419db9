using System.Text;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Route;

/// <summary>Settings of a route.</summary>
internal sealed record RouteOptions
{
    private static readonly string[] Conditions = ["strategy", "scheme", "host", "rejected"];

    /// <summary>The named outputs, in the order of the file: the first that matches takes the row.</summary>
    public required IReadOnlyList<RouteMatch> Outputs { get; init; }

    internal static RouteOptions Read(SettingsReader yaml)
    {
        const string Doc = "Named outputs, each with what goes there: strategy, scheme and host (one or a list each; a host may begin with *.) and rejected (true or false). All that are given must hold; the first output that matches takes the row, the rest goes to the main output.";
        var outputs = new List<RouteMatch>();
        switch (yaml.Node("outputs", "map", Doc, or: null))
        {
            case MappingNode { Entries.Count: > 0 and <= RouteStage.MostOutputs } map:
                foreach (var entry in map.Entries)
                    outputs.Add(ReadMatch(yaml, entry));
                break;
            case { } node:
                yaml.Report(node, "outputs", $"must be a map of 1 to {RouteStage.MostOutputs} outputs.");
                break;
        }

        return new RouteOptions { Outputs = outputs };
    }

    private static RouteMatch ReadMatch(SettingsReader yaml, MappingEntry output)
    {
        var match = new RouteMatch { Output = output.Key.Text };
        if (output.Value is not MappingNode { Entries.Count: > 0 } map)
        {
            yaml.Report(output.Value, $"outputs.{match.Output}", $"must be a map of at least one of {string.Join(", ", Conditions)}.");
            return match;
        }

        foreach (var (key, value) in map.Entries)
        {
            var name = $"outputs.{match.Output}.{key.Text}";
            match = key.Text switch
            {
                "strategy" => match with { Strategies = Strategies(yaml, name, value) },
                "scheme" => match with { Schemes = Texts(yaml, name, value).ConvertAll(text => Lower(text.Text.TrimEnd(':'))) },
                "host" => match with { Hosts = Texts(yaml, name, value).ConvertAll(text => Lower(text.Text)) },
                "rejected" => match with { Rejected = Truth(yaml, name, value) },
                _ => Unknown(yaml, name, key, match),
            };
        }

        return match;
    }

    private static List<ProcessingStrategy> Strategies(SettingsReader yaml, string name, SettingsNode value)
    {
        var strategies = new List<ProcessingStrategy>();
        foreach (var text in Texts(yaml, name, value))
        {
            for (var i = 0; i < ProcessingStrategies.Names.Count; i++)
            {
                if (ProcessingStrategies.Names[i] == text.Text)
                    strategies.Add((ProcessingStrategy)i);
            }

            if (!ProcessingStrategies.Names.Contains(text.Text))
                yaml.Report(text, name, $"must be one of {string.Join(", ", ProcessingStrategies.Names)}, got '{text.Text}'.{DidYouMean.Among(text.Text, ProcessingStrategies.Names)}");
        }

        return strategies;
    }

    private static bool? Truth(SettingsReader yaml, string name, SettingsNode value)
    {
        if (value is ScalarNode { IsQuoted: false, Text: "true" or "false" } truth)
            return truth.Text == "true";
        yaml.Report(value, name, "must be true or false.");
        return null;
    }

    // One text, or a list of them.
    private static List<ScalarNode> Texts(SettingsReader yaml, string name, SettingsNode value)
    {
        var texts = new List<ScalarNode>();
        foreach (var item in value is SequenceNode list ? list.Items : [value])
        {
            if (item is ScalarNode { Text.Length: > 0 } text)
                texts.Add(text);
            else
                yaml.Report(item, name, "must be a text, or a list of texts, that are not empty.");
        }

        return texts;
    }

    private static RouteMatch Unknown(SettingsReader yaml, string name, ScalarNode key, RouteMatch match)
    {
        yaml.Report(key, name, $"no such condition.{DidYouMean.Among(key.Text, Conditions)}");
        return match;
    }

    private static byte[] Lower(string text) => Encoding.UTF8.GetBytes(text.ToLowerInvariant());
}
