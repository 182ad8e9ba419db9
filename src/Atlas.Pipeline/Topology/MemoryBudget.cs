using System.Globalization;

namespace Atlas.Pipeline.Topology;

/// <summary>How the memory that a pipeline may take (<c>memory</c>) is shared out among all that holds some.</summary>
/// <param name="Given">The setting, in bytes.</param>
/// <param name="Parts">What each part takes at most; never more than <paramref name="Given"/> together.</param>
/// <param name="SqliteCacheBytes">The page cache of the ledger's writer, which is within its part.</param>
internal sealed record MemoryBudget(long Given, IReadOnlyList<(string Part, long Bytes)> Parts, long SqliteCacheBytes)
{
    /// <summary>What the runtime, its code, its threads and its young objects take whatever the pipeline is.</summary>
    public const long RuntimeBytes = 160L << 20;

    private const long DefaultCacheBytes = 32L << 20;
    private const long LeastCacheBytes = 2L << 20;

    /// <summary>The ledger's other connections, 2 MiB each.</summary>
    private const long OtherConnections = 8L << 20;

    /// <summary>What a part beside the dedup index gets of the whole, if it can use it.</summary>
    private const int SmallShare = 16;
    private const int ShareOfBatches = 8;

    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>For people.</summary>
    public string Sentence => $"memory {Size(Given)} is shared out: {Listed(Parts)}; {Size(Given - Bytes)} is left.";

    /// <summary>Gives every stage and queue its share. What a stage sets itself it keeps.</summary>
    /// <param name="pipeline">As it was read.</param>
    /// <param name="given">Bytes in all.</param>
    /// <param name="problem">What to tell the user when it does not fit; null when it does.</param>
    public static PipelineDefinition Share(PipelineDefinition pipeline, long given, out string? problem)
    {
        problem = null;
        var shared = Share(pipeline, given, given / SmallShare, given / ShareOfBatches);
        if (shared.Memory!.Bytes > given)
            shared = Share(pipeline, given, 0, 0);
        if (shared.Memory!.Bytes > given)
            problem = TooLittle(shared, given);
        return shared;
    }

    /// <summary>1.00 GiB, 512.0 MiB.</summary>
    public static string Size(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.00} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB");

    private static PipelineDefinition Share(PipelineDefinition pipeline, long given, long small, long batchBytes)
    {
        var hasLedger = pipeline.Stages.Any(stage => stage.Kind.Role == StageRole.Buffer);
        pipeline = WithCapacities(pipeline, batchBytes);
        var cache = Math.Clamp(small, LeastCacheBytes, DefaultCacheBytes);
        List<(string Part, long Bytes)> parts = [("runtime", RuntimeBytes), ("batches", MemoryBound.Of(pipeline).Batches * MemoryBound.BytesOfBatch)];
        if (hasLedger)
            parts.Add(("SQLite", cache + OtherConnections));

        // The index and the filter must hold all keys, and what is left beside them is worth most there: so dedup comes last and gets the rest.
        var stages = pipeline.Stages.ToArray();
        foreach (var isLast in new[] { false, true })
        {
            var left = given - parts.Sum(part => part.Bytes);
            var places = Enumerable.Range(0, stages.Length).Where(i => stages[i].Kind.Memory is not null && stages[i].Kind.Role == StageRole.Dedup == isLast).ToList();
            foreach (var i in places)
            {
                var (stage, memory) = (stages[i], stages[i].Kind.Memory!);
                stages[i] = stage with { Options = memory.Fit(stage.Options, hasLedger, Math.Max(0, isLast ? left / places.Count : small)) };
                parts.AddRange(memory.Parts(stages[i].Options, hasLedger).Select(part => (part.Part.Length == 0 ? stage.Name : $"{stage.Name} {part.Part}", part.Bytes)));
            }
        }

        return pipeline with { Stages = stages, Memory = new MemoryBudget(given, parts, cache) };
    }

    /// <summary>As much room in front of each stage as by default, or less when that would take too much.</summary>
    private static PipelineDefinition WithCapacities(PipelineDefinition pipeline, long most)
    {
        for (var capacity = StageDefinition.DefaultCapacity; ; capacity--)
        {
            var fitted = pipeline with { Stages = pipeline.Stages.Select(stage => stage.Kind.Takes != Port.Urls || stage.CapacityIsGiven ? stage : stage with { Capacity = capacity }).ToList() };
            if (capacity == 1 || MemoryBound.Of(fitted).Batches * MemoryBound.BytesOfBatch <= most)
                return fitted;
        }
    }

    private static string TooLittle(PipelineDefinition least, long given)
    {
        var hasLedger = least.Stages.Any(stage => stage.Kind.Role == StageRole.Buffer);
        var budget = least.Memory!;
        var ways = new List<string> { $"Give at least {RoundedUp(budget.Bytes)}" };
        foreach (var stage in least.Stages.Where(stage => stage.Kind.Memory is not null))
        {
            var own = stage.Kind.Memory!.Parts(stage.Options, hasLedger).Sum(part => part.Bytes);
            if (stage.Kind.Memory.Advice(stage.Options, hasLedger, given - (budget.Bytes - own)) is { } advice)
                ways.Add($"set stages.{stage.Name}.{advice}");
        }

        return $"{Size(given)} is too little: {Size(budget.Bytes)} is needed at least, for {Listed(budget.Parts)}. {string.Join(", or ", ways)}.";
    }

    private static string RoundedUp(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes + (1L << 20) - 1) >> 20}MiB");

    private static string Listed(IEnumerable<(string Part, long Bytes)> parts) => string.Join(", ", parts.Select(part => $"{part.Part} {Size(part.Bytes)}"));
}
