using System.Globalization;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Buffer;

/// <summary>How urgent a URL is from the start, by what is known when it is admitted: <c>weight of class * class + weight of depth * depth - lift of its source</c>, in levels, kept within those there are.</summary>
/// <remarks>
/// The level is the row's queue, so that a pick reads each queue in the order of admission and never looks for the next one. What the weights were when a URL was admitted, holds for it.
/// What changes while it waits is added by others: age (<see cref="Rank"/>) and how its host does (<see cref="Hosts.HostHealth.Standing"/>).
/// </remarks>
internal sealed record PriorityWeights
{
    private static readonly IReadOnlyDictionary<string, int> NoLifts = new Dictionary<string, int>();

    /// <summary>The greatest weight: from the most urgent level to the least.</summary>
    public const int Most = PriorityClasses.Count - 1;

    /// <summary>Levels from one class to the next.</summary>
    public int Class { get; init; } = 1;

    /// <summary>Levels that each link away from the input costs.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Levels by which what comes from a source is lifted.</summary>
    public IReadOnlyDictionary<string, int> Sources { get; init; } = NoLifts;

    /// <summary>Where the names of these sources stand in the file.</summary>
    public IReadOnlyList<ScalarNode> Named { get; init; } = [];

    internal static PriorityWeights Read(SettingsReader yaml)
    {
        var weights = new PriorityWeights
        {
            Class = yaml.Int32("class", "Levels between one class (critical, high, normal, low, cleanup) and the next. 0: classes mean nothing.", min: 0, max: Most, or: 1),
            Depth = yaml.Int32("depth", "Levels that each link away from the input makes a URL less urgent. 0: depth means nothing; below 0 the deeper go first.", min: -Most, max: Most, or: 1),
        };
        var lifts = yaml.Node("sources", "map", string.Create(CultureInfo.InvariantCulture, $"Levels by which lines of a source are more urgent than those of others, or less, below 0: a map from names of sources to numbers from {-Most} to {Most}."), "{}");
        return WithSources(weights, yaml, lifts);
    }

    /// <summary>The level of a URL.</summary>
    /// <param name="given">What classify said.</param>
    /// <param name="depth">Links away from the lines of the input.</param>
    /// <param name="source">Its name in the YAML.</param>
    public PriorityClass LevelOf(PriorityClass given, byte depth, string source) => LevelOf(given, depth, Sources.GetValueOrDefault(source));

    /// <summary>Gives the rows of a batch their level in the place of their class. Once for each batch.</summary>
    public void Apply(UrlBatch batch)
    {
        var lift = Sources.GetValueOrDefault(batch.Source);
        foreach (ref var row in batch.ActiveRows)
            row.Priority = LevelOf(row.Priority, row.Depth, lift);
    }

    private PriorityClass LevelOf(PriorityClass given, byte depth, int lift) =>
        (PriorityClass)Math.Clamp((Class * (int)given) + (Depth * depth) - lift, 0, Most);

    private static PriorityWeights WithSources(PriorityWeights weights, SettingsReader yaml, SettingsNode? node)
    {
        switch (node)
        {
            case null:
                return weights;
            case MappingNode map:
                var lifts = new Dictionary<string, int>(StringComparer.Ordinal);
                foreach (var (source, value) in map.Entries)
                {
                    if (value is ScalarNode number && int.TryParse(number.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var lift) && lift is >= -Most and <= Most)
                        lifts[source.Text] = lift;
                    else
                        yaml.Report(value, $"sources.{source.Text}", string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {-Most} to {Most}."));
                }

                return weights with { Sources = lifts, Named = map.Entries.Select(entry => entry.Key).ToList() };
            default:
                yaml.Report(node, "sources", "must be a map from names of sources to levels, written { feed: 2 }.");
                return weights;
        }
    }
}
