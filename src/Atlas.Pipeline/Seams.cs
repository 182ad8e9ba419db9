using Atlas.Pipeline.Pressure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atlas.Pipeline;

/// <summary>The doors to what the engine does not decide itself: time, chance, threads, the disk, the log. A simulation puts its own behind each.</summary>
internal sealed record Seams
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where every random choice starts from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where every block runs.</summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    public IDisk Disk { get; init; } = new Disk();

    /// <summary>Where the program listens, as far as its host has bound yet.</summary>
    public OwnEndpoints OwnEndpoints { get; init; } = new();

    /// <summary>Reads what this machine has left; null to watch nothing.</summary>
    public Func<ResourceReading>? Resources { get; init; }

    public ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;
}
