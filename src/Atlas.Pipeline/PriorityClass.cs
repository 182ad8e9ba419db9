using System.Globalization;

namespace Atlas.Pipeline;

/// <summary>How urgent a URL is; lower is more urgent. Classify gives one of the roadmap's five classes. The buffer's weights may lead to the levels below them, which have no name: values up to <see cref="PriorityClasses.Count"/>, excluded. The value is the index of the level's queue table.</summary>
internal enum PriorityClass : byte
{
    /// <summary>Roadmap value 100.</summary>
    Critical = 0,

    /// <summary>Roadmap value 80.</summary>
    High,

    /// <summary>Roadmap value 50; what a URL gets when no rule says otherwise.</summary>
    Normal,

    /// <summary>Roadmap value 20.</summary>
    Low,

    /// <summary>Roadmap value 10.</summary>
    Cleanup,
}

/// <summary>The classes' names in YAML, and the levels' numbers in the roadmap's <c>priority</c> column.</summary>
internal static class PriorityClasses
{
    /// <summary>Levels there are, and queues with them: a pick looks at the first row of each, so there are few.</summary>
    public const int Count = 14;

    private const int LastRoadmapValue = 10;

    /// <summary>The classes, most urgent first.</summary>
    public static readonly IReadOnlyList<string> Names = ["critical", "high", "normal", "low", "cleanup"];

    private static readonly int[] RoadmapValues = [100, 80, 50, 20, LastRoadmapValue];

    /// <summary>The roadmap's number for a level, 10 to 100 for a class and 9 to 1 for the levels below; higher is more urgent.</summary>
    public static int RoadmapValueOf(PriorityClass priority) =>
        (int)priority < RoadmapValues.Length ? RoadmapValues[(int)priority] : LastRoadmapValue - ((int)priority - RoadmapValues.Length + 1);

    /// <summary>The class's name; the number of a level that has none.</summary>
    public static string NameOf(PriorityClass priority) =>
        (int)priority < Names.Count ? Names[(int)priority] : ((int)priority).ToString(CultureInfo.InvariantCulture);
}
