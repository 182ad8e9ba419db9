using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Pressure;
using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Graph;

/// <summary>What the parts of one run share. Made once, in the order in which it is needed, and given back in the reverse order.</summary>
internal sealed class RunRooms(Seams seams, Stream input, Stream output, BatchSize? size) : IAsyncDisposable
{
    private readonly Stack<object> _owned = new();
    private readonly List<SourceProgress> _followed = [];

    /// <summary>Sources of lines from outside that have not ended.</summary>
    private readonly InFlight _outside = new();

    public Seams Seams { get; } = seams;

    /// <summary>The program's standard input.</summary>
    public Stream Input { get; } = input;

    /// <summary>The program's standard output, for results.</summary>
    public Stream Output { get; } = output;

    /// <summary>How far the opening of the rooms is, where it takes long.</summary>
    public StepProgress? Opening { get; init; }

    /// <summary>What one batch and one commit may hold; null without a ledger, whose commits it goes by.</summary>
    public BatchSize? Size { get; } = size;

    public UrlBatchPool Pool { get; } = new() { Size = size };

    /// <summary>The books of lines that end without a ledger.</summary>
    public FlowBooks Flow { get; } = new();

    /// <summary>Where the state lives; null for a pipeline without a buffer.</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Set when the run was told to take nothing new and to end.</summary>
    public CancellationToken Draining { get; set; }

    /// <summary>What is kept free on its disk.</summary>
    public DiskReserve? Reserve { get; set; }

    /// <summary>What the machine lacks.</summary>
    public LocalTrouble Trouble { get; } = new(seams);

    /// <summary>What the machine has left.</summary>
    public PressureMonitor? Pressure { get; set; }

    /// <summary>How many fetches may be under way; null when nothing is fetched.</summary>
    public ConcurrencyLimit? Limit { get; set; }

    public UnexpectedErrors Unexpected { get; } = new(seams);

    public ILedger? Ledger { get; set; }

    /// <summary>The dedup index of the state directory, opened by the first dedup stage.</summary>
    public FasterSeenStore? SeenStore { get; set; }

    /// <summary>Decides on what redirects lead to: the first of the pipeline, as all ask one index.</summary>
    public DedupStage? Dedup { get; set; }

    /// <summary>The dedup stage that the index is checkpointed with.</summary>
    public SeenCheckpoints? Checkpoints { get; set; }

    /// <summary>Deletes old dead letters beside the run, when there is a ledger.</summary>
    public LetterRetention? Retention { get; set; }

    /// <summary>How long documents have taken to become durable, when something is stored.</summary>
    public DurableTimes? Durable { get; set; }

    /// <summary>The priority buffer's pump, when something is fetched.</summary>
    public Frontier? Frontier { get; set; }

    public List<SourceMeter> Meters { get; } = [];

    /// <summary>Takes charge of something that must be closed when the run is over.</summary>
    public T Own<T>(T owned)
        where T : notnull
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>The progress of one source, known to the ledger if there is one.</summary>
    public SourceProgress Follow(string source)
    {
        var progress = new SourceProgress(source);
        Ledger?.Follow(progress);
        _followed.Add(progress);
        return progress;
    }

    /// <summary>A source of lines from outside, for which those wait that read what the pipeline itself finds.</summary>
    public SourcePart FromOutside(Func<Func<UrlBatch, Task<bool>>, CancellationToken, Task> run)
    {
        _outside.Enter();
        return new SourcePart(async (send, drain) =>
        {
            try
            {
                await run(send, drain);
            }
            finally
            {
                _outside.Leave();
            }
        });
    }

    /// <summary>When a source that reads what the pipeline itself finds is over.</summary>
    public EndOfWork EndOfWork => new(
        _outside.WhenEmpty,
        async () =>
        {
            await Task.WhenAll(_followed.Select(progress => progress.WhenSettled()));
            await Ledger!.FlushAsync();
        },
        () => Frontier?.WhenIdle() ?? Task.CompletedTask);

    public async ValueTask DisposeAsync()
    {
        // Connections by the thousand take a while to close, and nothing waits for it.
        var connections = Task.CompletedTask;
        while (_owned.TryPop(out var owned))
        {
            if (owned is FetchStage fetch)
                connections = Task.Run(fetch.Dispose);
            else if (owned is IAsyncDisposable closing)
                await closing.DisposeAsync();
            else if (owned is IDisposable disposing)
                disposing.Dispose();
        }

        await connections;
    }
}

/// <summary>What a source can tell about its input.</summary>
/// <param name="BytesRead">Bytes read so far.</param>
/// <param name="BytesTotal">Bytes there are; null when nobody knows.</param>
/// <param name="LinesSkipped">Blank lines and comments.</param>
internal sealed record SourceMeter(Func<long> BytesRead, Func<long?> BytesTotal, Func<long> LinesSkipped);
