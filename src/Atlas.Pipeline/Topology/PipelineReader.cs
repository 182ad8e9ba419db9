namespace Atlas.Pipeline.Topology;

/// <summary>A pipeline file to a checked definition, or to all of its mistakes at once.</summary>
internal static class PipelineReader
{
    private static readonly string[] WithoutEffect = ["http", "alerts", "tests"];

    /// <summary>Reads and checks. Null exactly when it added a mistake.</summary>
    /// <param name="file">The file as the user named it; only for messages.</param>
    /// <param name="yamlText">Its text.</param>
    /// <param name="kinds">The kinds of sources and stages there are.</param>
    /// <param name="overrides">As <c>stages.fetch.concurrency=64</c>.</param>
    /// <param name="stateDirectory">Stands in for <c>state</c> when given.</param>
    /// <param name="mistakes">Gets what is wrong, in the order of the file.</param>
    /// <param name="notes">Gets what is accepted and has no effect.</param>
    public static PipelineDefinition? Read(
        string file,
        string yamlText,
        IReadOnlyList<StageKind> kinds,
        IReadOnlyList<string> overrides,
        string? stateDirectory,
        List<Mistake> mistakes,
        List<Mistake> notes)
    {
        var found = new List<Mistake>();
        PipelineDefinition? definition = null;
        var paths = new Dictionary<string, int>(StringComparer.Ordinal);
        if (SettingsParser.Parse(file, yamlText, found) is { } root)
        {
            root = SettingsOverrides.WithoutStrays(SettingsOverrides.Apply(root, overrides, paths, found), paths, found);
            var places = found.Select(mistake => (mistake.Line, mistake.Column, mistake.Path)).ToHashSet();
            var later = new List<Mistake>();
            definition = ReadRoot(root, file, kinds, stateDirectory, later, notes);

            // What could not be resolved is said once, not again as a value that does not fit.
            found.AddRange(later.Where(mistake => !places.Contains((mistake.Line, mistake.Column, mistake.Path))).Select(mistake => PlacedAtOverride(mistake, paths)));
        }

        mistakes.AddRange(found.OrderBy(mistake => mistake.File == SettingsOverrides.File).ThenBy(mistake => mistake.Line).ThenBy(mistake => mistake.Column));
        return found.Count == 0 ? definition : null;
    }

    private static PipelineDefinition ReadRoot(MappingNode root, string file, IReadOnlyList<StageKind> kinds, string? stateDirectory, List<Mistake> mistakes, List<Mistake> notes)
    {
        var yaml = new SettingsReader(root, file, "", mistakes);
        var name = yaml.String("name", "What the pipeline is called in reports.");
        if (name.Length > 0 && StationReader.ProblemOf(name) is { } problem)
            yaml.Report("name", problem);
        var state = yaml.Has("state") ? yaml.String("state", "The directory of the ledger, the dedup index and the bodies, relative to the working directory.") : null;
        yaml.Ignore("state");
        var deadline = yaml.Milliseconds("drain_deadline_ms", "How long a drain may take after a signal, in milliseconds; then it becomes an abort.", min: 0, or: 30_000);
        var reserve = yaml.Int64("disk_reserve_bytes", "Bytes kept free on the disk of the state directory.", min: 0, or: -1);
        var memory = yaml.Size("memory", "Bytes of memory the pipeline may take.");
        var section = yaml.Section("admission", "How lines are gathered on their way into the ledger.");
        var admission = AdmissionOptions.Read(section);
        section.Finish();
        var watched = yaml.Section("pressure", "From where on the run holds back for the machine.");
        var pressure = PressureOptions.Read(watched);
        watched.Finish();

        var kept = yaml.Section("dead_letters", "How long dead letters are kept.");
        var letters = DeadLetterOptions.Read(kept);
        kept.Finish();

        foreach (var entry in root.Entries)
        {
            if (WithoutEffect.Contains(entry.Key.Text))
                notes.Add(new Mistake(file, entry.Key.Line, entry.Key.Column, entry.Key.Text, "has no effect in this version."));
        }

        yaml.Ignore(WithoutEffect);
        var reader = new StationReader(file, kinds, mistakes);
        var sources = reader.ReadAll(yaml.Node("sources", "map", "Where lines come from, by name."), "sources", areSources: true);
        var stages = reader.ReadAll(yaml.Node("stages", "map", "What is done to them, by name."), "stages", areSources: false);
        yaml.Finish();

        var directory = stateDirectory ?? state;
        var order = new LinkChecks(file, sources, stages, mistakes).Check(hasState: !string.IsNullOrEmpty(directory));
        var definition = new PipelineDefinition
        {
            File = file,
            Name = name,
            StateDirectory = directory,
            Sources = mistakes.Count > 0 ? [] : sources.Select(source => source.ToDefinition()).ToList(),
            Stages = mistakes.Count > 0 ? [] : order.Select(stage => stage.ToDefinition()).ToList(),
            DrainDeadline = deadline,
            Admission = admission,
            Pressure = pressure,
            DeadLetters = letters,
            DiskReserveBytes = reserve < 0 ? null : reserve,
        };
        if (memory is not { } given || mistakes.Count > 0)
            return definition;
        definition = MemoryBudget.Share(definition, given, out var tooLittle);
        if (tooLittle is not null)
            yaml.Report("memory", tooLittle);
        return definition;
    }

    /// <summary>A mistake in a value that an override gave is a mistake of the override, not of the file.</summary>
    private static Mistake PlacedAtOverride(Mistake mistake, Dictionary<string, int> paths)
    {
        var around = paths.Keys.Where(path => mistake.Path == path || mistake.Path.StartsWith(path + ".", StringComparison.Ordinal)).MaxBy(path => path.Length);
        return around is null ? mistake : mistake with { File = SettingsOverrides.File, Line = paths[around] };
    }
}
