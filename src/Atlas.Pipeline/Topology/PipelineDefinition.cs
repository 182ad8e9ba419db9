namespace Atlas.Pipeline.Topology;

/// <summary>A pipeline file that has no mistakes, as the graph is built from it.</summary>
internal sealed record PipelineDefinition
{
    /// <summary>The file as the user named it.</summary>
    public required string File { get; init; }

    public required string Name { get; init; }

    /// <summary>Where the ledger, the dedup index and the bodies live; null for a pipeline without a buffer. Relative to the working directory.</summary>
    public string? StateDirectory { get; init; }

    public required IReadOnlyList<StageDefinition> Sources { get; init; }

    /// <summary>The stages in an order in which every stage stands after those that feed it.</summary>
    public required IReadOnlyList<StageDefinition> Stages { get; init; }

    /// <summary>How long a drain may take after a signal before it becomes an abort.</summary>
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How the memory that was given is shared out; null when none was: then every part has its own default.</summary>
    public MemoryBudget? Memory { get; init; }

    /// <summary>How lines are gathered on their way into the ledger.</summary>
    public AdmissionOptions Admission { get; init; } = new();

    /// <summary>Bytes that stay free on the disk of the state directory; 0 keeps none, null the default.</summary>
    public long? DiskReserveBytes { get; init; }

    /// <summary>From where on the run holds back for the machine.</summary>
    public PressureOptions Pressure { get; init; } = new();

    /// <summary>How long dead letters are kept.</summary>
    public DeadLetterOptions DeadLetters { get; init; } = new();
}

/// <summary>One source or stage of a pipeline.</summary>
internal sealed record StageDefinition
{
    /// <summary>Its name in the file, unique among sources and stages.</summary>
    public required string Name { get; init; }

    public required StageKind Kind { get; init; }

    /// <summary>Its settings, as its kind read them.</summary>
    public required object Options { get; init; }

    /// <summary>Who feeds it; empty for a source.</summary>
    public IReadOnlyList<Link> From { get; init; } = [];

    /// <summary>How many batches (before the ledger) or items (after it) may wait in front of it.</summary>
    public int Capacity { get; init; } = DefaultCapacity;

    /// <summary>Whether that is what the user has set.</summary>
    public bool CapacityIsGiven { get; init; }

    /// <summary>How many batches it works on at once.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Enough to smooth the pace of two neighbours, small enough to keep latency low: 8 batches are 2,048 lines.</summary>
    public const int DefaultCapacity = 8;
}

/// <summary>One arrow: from a stage's output to another stage.</summary>
/// <param name="From">The feeding source or stage.</param>
/// <param name="Output">The name of its output, or null for the main one.</param>
internal sealed record Link(string From, string? Output);
