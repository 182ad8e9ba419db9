namespace Atlas.Pipeline;

/// <summary>How urgent a URL is: the roadmap's five levels. The value is the index of the level's queue table; lower is more urgent.</summary>
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

/// <summary>The levels' names in YAML and their numbers in the roadmap's <c>priority</c> column.</summary>
internal static class PriorityClasses
{
    public const int Count = 5;

    /// <summary>All names, most urgent first.</summary>
    public static readonly IReadOnlyList<string> Names = ["critical", "high", "normal", "low", "cleanup"];

    private static readonly int[] RoadmapValues = [100, 80, 50, 20, 10];

    /// <summary>The roadmap's number for a level, 10 to 100; higher is more urgent.</summary>
    public static int RoadmapValueOf(PriorityClass priority) => RoadmapValues[(int)priority];
}
