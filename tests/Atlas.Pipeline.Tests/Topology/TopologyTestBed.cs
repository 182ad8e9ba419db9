using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Topology;

/// <summary>Small made-up kinds, a good pipeline, and a short way to read texts.</summary>
internal static class TopologyTestBed
{
    public const string Good =
        """
        name: crawl
        state: ./state
        sources:
          lines: { type: stdin }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          dedup: { from: classify, expected_urls: 10 }
          buffer: { from: dedup, capacity: 100 }
          fetch: { from: buffer }
          persist: { from: fetch }
        """;

    public static IReadOnlyList<StageKind> Kinds { get; } =
    [
        new("stdin", Port.None, Port.Urls, _ => new object(), "Reads lines.") { Role = StageRole.Source, IsTheOnlyOne = true },
        new("tail", Port.None, Port.Urls, _ => new object(), "Reads files.") { Role = StageRole.Source },
        new("normalize", Port.Urls, Port.Urls, _ => new object(), "Names.") { Role = StageRole.Normalize, MayRunParallel = true },
        new("classify", Port.Urls, Port.Urls, _ => new object(), "Sorts.") { Role = StageRole.Classify },
        new("dedup", Port.Urls, Port.Urls, yaml => yaml.Int64("expected_urls", "URLs.", min: 1, or: 1000), "Remembers.") { Role = StageRole.Dedup },
        new("route", Port.Urls, Port.Urls, yaml => yaml.Strings("outputs", "Names."), "Splits.") { Role = StageRole.Route, NamedOutputs = options => (IReadOnlyList<string>)options },
        new("buffer", Port.Urls, Port.Work, yaml => yaml.Int32("capacity", "URLs.", min: 1, or: 10), "Orders.") { Role = StageRole.Buffer },
        new("fetch", Port.Work, Port.Documents, yaml => yaml.String("user_agent", "Who asks.", or: "atlas"), "Gets.") { Role = StageRole.Fetch },
        new("persist", Port.Documents, Port.None, _ => new object(), "Keeps.") { Role = StageRole.Persist },
        new("write", Port.Urls, Port.None, _ => new object(), "Writes.") { Role = StageRole.Output },
    ];

    public static (PipelineDefinition? Definition, List<Mistake> Mistakes, List<Mistake> Notes) Read(string text, params string[] overrides)
    {
        var mistakes = new List<Mistake>();
        var notes = new List<Mistake>();
        var definition = PipelineReader.Read("p.yaml", text, Kinds, overrides, null, mistakes, notes);
        Assert.Equal(mistakes.Count == 0, definition is not null);
        return (definition, mistakes, notes);
    }

    public static PipelineDefinition Definition(string text, params string[] overrides)
    {
        var (definition, mistakes, _) = Read(text, overrides);
        Assert.Equal("", string.Join('\n', mistakes));
        return definition!;
    }

    public static void Says(string text, params string[] expected) => Assert.Equal(string.Join('\n', expected), string.Join('\n', Read(text).Mistakes));

    /// <summary>The good pipeline with one of its texts changed.</summary>
    public static string GoodBut(string old, string instead)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        return Good.Replace(old, instead, StringComparison.Ordinal);
    }
}
