namespace Atlas.Pipeline.Topology;

/// <summary>Puts <c>--set path.to.setting=value</c> into the nodes of a file, before anything reads them.</summary>
internal static class SettingsOverrides
{
    /// <summary>What mistakes about an override give as their file.</summary>
    public const string File = "--set";

    /// <summary>The map with all overrides applied in order. Their nodes carry the override's number, from 1, as the line and the value's place in it as the column.</summary>
    /// <param name="root">The file's map.</param>
    /// <param name="overrides">As <c>stages.fetch.concurrency=64</c>; the value is YAML, so that <c>[a, b]</c> is a list.</param>
    /// <param name="paths">Gets the path and the number of each override that was applied.</param>
    /// <param name="mistakes">Gets what is wrong with an override; it is then left out.</param>
    public static MappingNode Apply(MappingNode root, IReadOnlyList<string> overrides, Dictionary<string, int> paths, List<Mistake> mistakes)
    {
        for (var i = 0; i < overrides.Count; i++)
        {
            var written = overrides[i];
            var equals = written.IndexOf('=', StringComparison.Ordinal);
            var path = equals < 0 ? "" : written[..equals].Trim();
            var steps = path.Split('.');
            if (equals < 0 || steps.Any(step => step.Length == 0))
            {
                mistakes.Add(new Mistake(File, i + 1, 1, path, "must be written path.to.setting=value, as stages.fetch.concurrency=64."));
                continue;
            }

            if (steps.Length > SettingsParser.MaxDepth)
            {
                mistakes.Add(new Mistake(File, i + 1, 1, "", $"the path has more than {SettingsParser.MaxDepth} steps."));
                continue;
            }

            var found = new List<Mistake>();
            var value = SettingsParser.ParseAny(File, written[(equals + 1)..], path, found);
            mistakes.AddRange(found.Select(mistake => mistake with { Line = i + 1, Column = equals + 1 + mistake.Column }));
            if (value is null)
                continue;

            if (Put(root, steps, Placed(value, i + 1, equals + 1)) is not { } changed)
            {
                mistakes.Add(new Mistake(File, i + 1, 1, path, "leads through a list or a single value; a path goes through maps only."));
                continue;
            }

            root = changed;
            paths[path] = i + 1;
        }

        return root;
    }

    private static MappingNode? Put(MappingNode map, ReadOnlySpan<string> steps, SettingsNode value)
    {
        var step = steps[0];
        var entries = map.Entries.ToList();
        var at = entries.FindIndex(entry => entry.Key.Text == step);
        var old = at < 0 ? null : entries[at].Value;
        var put = value;
        if (steps.Length > 1)
        {
            var inside = old switch
            {
                MappingNode existing => existing,
                null or ScalarNode { Text: "", IsQuoted: false } => new MappingNode([], map.Line, map.Column),
                _ => null,
            };
            if (inside is null || Put(inside, steps[1..], value) is not { } below)
                return null;
            put = below;
        }

        if (at < 0)
            entries.Add(new MappingEntry(new ScalarNode(step, false, value.Line, value.Column), put));
        else
            entries[at] = entries[at] with { Value = put };
        return map with { Entries = entries };
    }

    private static SettingsNode Placed(SettingsNode node, int line, int before) => node switch
    {
        SequenceNode list => new SequenceNode(list.Items.Select(item => Placed(item, line, before)).ToList(), line, before + node.Column),
        MappingNode map => new MappingNode(
            map.Entries.Select(entry => new MappingEntry((ScalarNode)Placed(entry.Key, line, before), Placed(entry.Value, line, before))).ToList(),
            line,
            before + node.Column),
        _ => node with { Line = line, Column = before + node.Column },
    };
}
