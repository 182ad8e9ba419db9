namespace Atlas.Pipeline.Topology;

/// <summary>What travels on a link.</summary>
internal enum Port
{
    /// <summary>Nothing: a source has no input, an output no output.</summary>
    None = 0,

    /// <summary>Batches of lines, before the ledger.</summary>
    Urls,

    /// <summary>Leased items, one by one, after the ledger.</summary>
    Work,

    /// <summary>Fetched documents.</summary>
    Documents,
}

/// <summary>A kind of source or stage: the YAML word and what the topology must know to check a link. The graph's catalog lists them all.</summary>
/// <param name="Word">The word in the YAML.</param>
/// <param name="Takes">What it takes in; <see cref="Port.None"/> for a source.</param>
/// <param name="Gives">What it gives out; <see cref="Port.None"/> for an output.</param>
/// <param name="ReadOptions">Reads its settings into its options record.</param>
/// <param name="Summary">One sentence for people.</param>
internal sealed record StageKind(string Word, Port Takes, Port Gives, Func<SettingsReader, object> ReadOptions, string Summary)
{
    /// <summary>What the stage promises about the rows that leave it, or needs of those that come in: checked along every path.</summary>
    public StageRole Role { get; init; }

    /// <summary>The names of its outputs beside the main one, from its options; a link names one as <c>stage.output</c>.</summary>
    public Func<object, IReadOnlyList<string>>? NamedOutputs { get; init; }

    /// <summary>Where its settings, by its options, name sources of the pipeline.</summary>
    public Func<object, IReadOnlyList<ScalarNode>>? NamedSources { get; init; }

    /// <summary>Bytes that it holds beside batches when it is full, by its options and whether there is a ledger; null when that is not worth naming.</summary>
    public Func<object, bool, long>? HeldBytes { get; init; }

    /// <summary>How it lives with a share of <c>memory</c>; null when it holds nothing worth naming beside batches.</summary>
    public StageMemory? Memory { get; init; }

    /// <summary>Whether <c>parallelism</c> may be set: how many batches it works on at once.</summary>
    public bool MayRunParallel { get; init; }

    /// <summary>The place that it alone must write to, by its options: two stages would tear each other's lines there. Null where any number may write.</summary>
    public Func<object, string?>? WritesTo { get; init; }

    /// <summary>Whether it reads from the ledger: a pipeline without a buffer has none.</summary>
    public bool NeedsLedger { get; init; }

    /// <summary>The kind of source that reads what it leaves in the ledger; null when it leaves nothing there.</summary>
    public string? ComesBackBy { get; init; }

    /// <summary>Whether a pipeline has one of it at most, as what it reads from can be read once.</summary>
    public bool IsTheOnlyOne { get; init; }
}

/// <summary>What a stage does to the rows, as far as other stages rely on it.</summary>
internal enum StageRole
{
    Other = 0,
    Source,
    Normalize,
    Classify,
    Dedup,

    /// <summary>Admits to the ledger and gives out work: needs normalized, classified and deduplicated rows.</summary>
    Buffer,
    Fetch,
    Persist,

    /// <summary>Sends rows different ways.</summary>
    Route,

    /// <summary>Writes out; an end of the line.</summary>
    Output,
}
