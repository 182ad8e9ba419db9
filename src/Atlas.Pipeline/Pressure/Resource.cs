namespace Atlas.Pipeline.Pressure;

/// <summary>What this machine gives, in the order of <see cref="ResourceReading"/>.</summary>
internal enum Resource
{
    Cpu,
    Memory,
    Disk,
    Handles,
    Pool,
}

/// <summary>The words for resources and levels in logs, metrics and reports.</summary>
internal static class PressureWords
{
    public static IReadOnlyList<string> Resources { get; } = ["cpu", "memory", "disk", "handles", "pool_delay_ms"];

    public static IReadOnlyList<string> Levels { get; } = ["none", "moderate", "high", "critical"];

    public static string Word(this Resource resource) => Resources[(int)resource];

    public static string Word(this PressureLevel level) => Levels[(int)level];
}
