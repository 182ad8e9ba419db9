namespace Atlas.Pipeline.Topology;

/// <summary>Puts <c>--set path.to.setting=value</c> into the nodes of a file, before anything reads them.</summary>
internal static class SettingsOverrides
{
    /// <summary>What mistakes about an override give as their file.</summary>
    public const string File = "--set";

    /// <summary>The map with all overrides applied in order. Their nodes carry the override's number, from 1, as the line and the value's place in it as the column.</summary>
    /// <param name="root">The file's map.</param>
    /// <param name="overrides">As <c>stages.fetch.concurrency=64</c>; the value is YAML, so that <c>[a, b]</c> is a list.</param>
    /// <param name="paths">Gets what overrides put in, with the number of the override: the path of each, or how much of it the file does not have.</param>
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

            paths[string.Join('.', steps[..CreatedAt(root, steps)])] = i + 1;
            root = changed;
        }

        return root;
    }

    /// <summary>The map without the sources and stages that overrides made and that nothing can come of, as they say neither what they are nor who feeds them: their names are mistyped.</summary>
    /// <param name="root">The map with all overrides applied.</param>
    /// <param name="paths">What they put in.</param>
    /// <param name="mistakes">Gets one for each that was left out.</param>
    public static MappingNode WithoutStrays(MappingNode root, Dictionary<string, int> paths, List<Mistake> mistakes)
    {
        foreach (var (section, needed, word) in new[] { ("sources", "type", "source"), ("stages", "from", "stage") })
        {
            var at = root.Entries.ToList().FindIndex(entry => entry.Key.Text == section);
            if (at < 0 || root.Entries[at].Value is not MappingNode map)
                continue;

            var strays = map.Entries.Where(entry => paths.ContainsKey($"{section}.{entry.Key.Text}") && entry.Value is MappingNode { Entries: var settings } && !settings.Any(setting => setting.Key.Text == needed)).ToList();
            var kept = map.Entries.Except(strays).ToList();
            var names = kept.Select(entry => entry.Key.Text).ToList();
            foreach (var stray in strays)
            {
                var name = stray.Key.Text;
                mistakes.Add(new Mistake(File, paths[$"{section}.{name}"], 1, $"{section}.{name}", $"the file has no {word} of this name.{DidYouMean.Among(name, names)} Here: {string.Join(", ", names)}."));
            }

            root = root with { Entries = [.. root.Entries.Take(at), root.Entries[at] with { Value = map with { Entries = kept } }, .. root.Entries.Skip(at + 1)] };
        }

        return root;
    }

    /// <summary>How many steps of a path lead to the first that a map does not have yet; all of them when it has all.</summary>
    private static int CreatedAt(MappingNode map, string[] steps)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            if (map.Entries.FirstOrDefault(entry => entry.Key.Text == steps[i])?.Value is not MappingNode below)
                return i + 1;
            map = below;
        }

        return steps.Length;
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
                null or ScalarNode { Text: "", IsQuoted: false } => new MappingNode([], value.Line, value.Column),
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
