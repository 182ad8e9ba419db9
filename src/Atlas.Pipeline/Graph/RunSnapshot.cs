using System.Collections.Immutable;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Pressure;

namespace Atlas.Pipeline.Graph;

/// <summary>A run as it stands at one moment, for those who watch it.</summary>
internal sealed record RunSnapshot
{
    public required string Pipeline { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>Sources and stages in flow order.</summary>
    public required IReadOnlyList<StageMeter> Stages { get; init; }

    public required IReadOnlyList<EdgeDepth> Edges { get; init; }

    public required Books Books { get; init; }

    /// <summary>The hosts with the most duplicates in this run, the worst first.</summary>
    public WorstHosts WorstHosts { get; init; } = WorstHosts.None;

    /// <summary>Bytes of input read by all sources.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes of input there are, where every source knows it.</summary>
    public long? BytesTotal { get; init; }

    /// <summary>Blank lines and comments skipped.</summary>
    public long LinesSkipped { get; init; }

    /// <summary>Items in the priority buffer, waiting for their turn or a due time.</summary>
    public long Buffered { get; init; }

    /// <summary>URLs taken from the queue of which only the number is held: they wait for a due time, for their host, or for room.</summary>
    public long Remembered { get; init; }

    /// <summary>Hosts that have URLs waiting, or that wait to be asked again.</summary>
    public int Hosts { get; init; }

    /// <summary>When the first of what waits may be fetched; null when nothing waits for a moment.</summary>
    public DateTimeOffset? NextFetchAt { get; init; }

    /// <summary>Whether the run takes nothing new and finishes what is inside.</summary>
    public bool Draining { get; init; }

    /// <summary>Whether there is a queue; without one a line has passed when it is written out.</summary>
    public bool HasQueue => Stages.Any(stage => stage.Kind == "buffer");

    /// <summary>How rows are gathered into commits; null for a pipeline without a ledger.</summary>
    public CommitPace? Commits { get; init; }

    /// <summary>How long documents have taken to become durable; null for a pipeline that stores none.</summary>
    public DurableTimes? Durable { get; init; }

    /// <summary>Whether nothing new is taken in because the disk of the state directory is nearly full.</summary>
    public bool WaitsForDisk { get; init; }

    /// <summary>Bytes free there, about a second ago; null for a pipeline without a state directory.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Whether nothing new is taken in because this machine lacks handles, memory or a network.</summary>
    public bool WaitsForMachine { get; init; }

    /// <summary>Fetches that failed by that in this run, by reason. Their URLs stay queued.</summary>
    public IReadOnlyDictionary<string, long> LocalFailures { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>The pressure on this machine, now and in this run; null before the run has begun.</summary>
    public PressureState? Pressure { get; init; }

    /// <summary>How many fetches may be under way now; null when nothing is fetched.</summary>
    public int? FetchLimit { get; init; }

    /// <summary>Exceptions that nobody expected in this run, by type.</summary>
    public IReadOnlyDictionary<string, long> UnexpectedErrors { get; init; } = ImmutableDictionary<string, long>.Empty;
}

/// <summary>How full the queue in front of a stage is.</summary>
/// <param name="Stage">The stage that the queue feeds.</param>
/// <param name="Depth">Batches or items in it, those being worked on included.</param>
/// <param name="Capacity">Most it holds.</param>
internal sealed record EdgeDepth(string Stage, int Depth, int Capacity);
