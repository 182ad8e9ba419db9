using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Buffer;

/// <summary>Settings of the buffer stage: its size, its patience and its order.</summary>
internal sealed record BufferOptions
{
    /// <summary>Items held in memory, not counting those in flight.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>Whether that is what the user has set.</summary>
    public bool CapacityIsGiven { get; init; }

    /// <summary>Items of one host that are held in memory.</summary>
    public int PerHostCapacity { get; init; } = 256;

    /// <summary>Attempts an item gets before it becomes a dead letter.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The longest pause after a first failure; doubled with every further one.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No backoff is longer. What a host asks for itself may be.</summary>
    public TimeSpan BackoffCap { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Waiting time that is worth one priority level.</summary>
    public TimeSpan Aging { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What makes a URL more or less urgent from the start.</summary>
    public PriorityWeights Weights { get; init; } = new();

    /// <summary>At the end of input, how long the run stays for what may only be fetched later.</summary>
    public TimeSpan EndWait { get; init; } = TimeSpan.FromMinutes(10);

    internal static BufferOptions Read(SettingsReader yaml)
    {
        var weights = yaml.Section("weights", "What makes a URL more or less urgent when it is admitted, in levels: class x weight + depth x weight - its source's lift. There are 14, the five classes and nine below; each is worth aging_ms of waiting. A URL that is queued keeps its level when the weights change.");
        var options = new BufferOptions
        {
            Capacity = yaml.Int32("capacity", "Items held in memory. What does not fit stays in the ledger.", min: 1, max: 10_000_000, or: 10_000),
            CapacityIsGiven = yaml.Has("capacity"),
            PerHostCapacity = yaml.Int32("per_host_capacity", "Items of one host that are held in memory, so that a host with very many of them leaves room for the others. The rest is held by number, and read again.", min: 1, max: 10_000_000, or: 256),
            MaxAttempts = yaml.Int32("max_attempts", "Attempts an item gets. After the last failure it becomes a dead letter.", min: 1, max: 100, or: 5),
            BackoffBase = yaml.Milliseconds("backoff_base_ms", "Milliseconds: the longest pause after the first failure, doubled with every further one. The pause is drawn evenly from zero up to it.", min: 1, max: 86_400_000, or: 1_000),
            BackoffCap = yaml.Milliseconds("backoff_cap_ms", "Milliseconds: no backoff is longer. A wait that a host asks for may be, up to 24 hours.", min: 1, max: 86_400_000, or: 300_000),
            Aging = yaml.Milliseconds("aging_ms", "Milliseconds of waiting that lift an item by one priority level.", min: 1, max: 86_400_000, or: 60_000),
            Weights = PriorityWeights.Read(weights),
            EndWait = yaml.Milliseconds("end_wait_ms", "Milliseconds: once input has ended, a run whose URLs may all be fetched only later than this ends and leaves them queued for the next run.", min: 0, max: 604_800_000, or: 600_000),
        };
        weights.Finish();
        if (options.BackoffCap < options.BackoffBase)
            yaml.Report("backoff_cap_ms", "must not be less than backoff_base_ms.");
        return options;
    }
}
