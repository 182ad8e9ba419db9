namespace Atlas.Pipeline.Topology;

/// <summary>Reads the entries of <c>sources</c> and <c>stages</c>.</summary>
internal sealed class StationReader(string file, IReadOnlyList<StageKind> kinds, List<Mistake> mistakes)
{
    public const int MaxNameLength = 64;

    /// <summary>The stations of one map; a node that is none is reported and gives none.</summary>
    public List<Station> ReadAll(SettingsNode? node, string section, bool areSources)
    {
        var word = areSources ? "source" : "stage";
        switch (node)
        {
            case MappingNode { Entries.Count: > 0 } map:
                return map.Entries.Select(entry => Read(entry, $"{section}.{entry.Key.Text}", areSources)).ToList();
            case null:
                mistakes.Add(new Mistake(file, 1, 1, section, $"is required and missing: a pipeline has at least one {word}."));
                return [];
            case MappingNode or ScalarNode { Text: "" }:
                mistakes.Add(new Mistake(file, node.Line, node.Column, section, $"a pipeline has at least one {word}."));
                return [];
            default:
                mistakes.Add(new Mistake(file, node.Line, node.Column, section, $"must be a map from names to settings, one for each {word}."));
                return [];
        }
    }

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? ProblemOf(string name)
    {
        if (name.Length is 0 or > MaxNameLength)
            return $"a name has 1 to {MaxNameLength} characters.";
        foreach (var c in name)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '-'))
                return "a name has only the characters a-z, 0-9, '_' and '-'.";
        }

        return null;
    }

    private Station Read(MappingEntry entry, string path, bool isSource)
    {
        var station = new Station(entry.Key.Text, entry.Key, isSource);
        if (ProblemOf(station.Name) is { } problem)
            mistakes.Add(new Mistake(file, entry.Key.Line, entry.Key.Column, path, problem));
        if (entry.Value is not MappingNode map)
        {
            mistakes.Add(new Mistake(file, entry.Value.Line, entry.Value.Column, path, "must be a map of settings."));
            return station;
        }

        var yaml = new SettingsReader(map, file, path, mistakes);
        if (!isSource)
            station = station with { From = ReadFrom(yaml) };
        if (KindOf(yaml, map, station) is not { } kind)
            return station;

        if (!isSource && kind.Role != StageRole.Buffer)
            station = station with { Capacity = yaml.Int32("capacity", "Batches, behind the buffer items, that may wait in front of it. When full, the stage before it waits.", min: 1, max: 65_536, or: StageDefinition.DefaultCapacity), CapacityIsGiven = yaml.Has("capacity") };
        if (kind.MayRunParallel)
        {
            station = station with { Parallelism = yaml.Int32("parallelism", "Batches it works on at once; they leave in the order they came.", min: 1, max: 64, or: 1) };
        }
        else if (yaml.Has("parallelism"))
        {
            yaml.Ignore("parallelism");
            yaml.Report("parallelism", $"'{kind.Word}' works on one batch at a time; remove this setting.");
        }

        station = station with { Kind = kind, Options = kind.ReadOptions(yaml) };
        yaml.Finish();
        return station;
    }

    private StageKind? KindOf(SettingsReader yaml, MappingNode map, Station station)
    {
        var isWritten = yaml.Has("type");
        if (station.IsSource && !isWritten)
        {
            yaml.String("type", "The kind of source.");
            return null;
        }

        var before = mistakes.Count;
        var word = yaml.String("type", "The kind of stage or source; for a stage by default its name.", or: station.Name);
        if (mistakes.Count > before)
            return null;

        if (kinds.FirstOrDefault(kind => kind.Word == word && kind.Takes == Port.None == station.IsSource) is { } found)
            return found;

        var here = station.IsSource ? "source" : "stage";
        var words = kinds.Where(kind => kind.Takes == Port.None == station.IsSource).Select(kind => kind.Word).ToList();
        var written = map.Entries.FirstOrDefault(entry => entry.Key.Text == "type")?.Value as ScalarNode ?? station.Key;
        var shown = written.IsSecret ? "a secret" : $"'{word}'";
        var message = kinds.Any(kind => kind.Word == word)
            ? $"{shown} is a {(station.IsSource ? "stage" : "source")}; it belongs under {(station.IsSource ? "stages" : "sources")}."
            : $"no kind of {here} is called {shown}.{(written.IsSecret ? "" : DidYouMean.Among(word, words))} There are: {string.Join(", ", words)}.{(isWritten ? "" : " Give its kind as type.")}";
        mistakes.Add(new Mistake(file, written.Line, written.Column, $"{station.Path}.type", message));
        return null;
    }

    private static List<Feed> ReadFrom(SettingsReader yaml)
    {
        var feeds = new List<Feed>();
        switch (yaml.Node("from", "string or list", "Who feeds it: the name of a source or stage, stage.output for a named output, or a list of these.", or: null))
        {
            case ScalarNode one:
                AddFeed(one, yaml, feeds);
                break;
            case SequenceNode { Items.Count: 0 } none:
                yaml.Report(none, "from", "nobody feeds this stage; name at least one source or stage.");
                break;
            case SequenceNode list:
                foreach (var item in list.Items)
                    AddFeed(item, yaml, feeds);
                break;
            case MappingNode map:
                yaml.Report(map, "from", "must be one name or a list of names.");
                break;
        }

        return feeds;
    }

    private static void AddFeed(SettingsNode item, SettingsReader yaml, List<Feed> feeds)
    {
        if (item is not ScalarNode { Text.Length: > 0 } scalar)
        {
            yaml.Report(item, "from", "each item must be the name of a source or stage.");
            return;
        }

        var dot = scalar.Text.IndexOf('.', StringComparison.Ordinal);
        var link = dot < 0 ? new Link(scalar.Text, null) : new Link(scalar.Text[..dot], scalar.Text[(dot + 1)..]);
        if (feeds.Exists(feed => feed.Link == link))
            yaml.Report(scalar, "from", "is listed twice; keep one.");
        else
            feeds.Add(new Feed(link, scalar));
    }
}
