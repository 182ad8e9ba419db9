using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>One run of one pipeline, from opening its state to closing it.</summary>
/// <remarks>
/// Ends in one of two ways, never mixed. Drain: sources stop, what is inside finishes; at the end of input that includes the whole queue, after <see cref="Drain"/> only what is being worked on.
/// Abort: I/O is cancelled, and leased items go back to the queue with their attempts.
/// </remarks>
internal sealed class PipelineRun : IAsyncDisposable
{
    private readonly PipelineDefinition _definition;
    private readonly RunRooms _rooms;
    private readonly RunFailure _failure = new();
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly PipelineGraph _graph;
    private readonly RunInstruments _instruments;
    private readonly long _start;
    private ITimer? _deadline;

    private PipelineRun(PipelineDefinition definition, RunRooms rooms)
    {
        _definition = definition;
        _rooms = rooms;
        _start = rooms.Seams.Time.GetTimestamp();
        var parts = definition.Sources.Concat(definition.Stages).ToDictionary(stage => stage.Name, stage => StageCatalog.Make(stage, rooms));
        rooms.Frontier = MakeFrontier();
        _graph = PipelineGraph.Build(definition, parts, SettleAsync, rooms.Seams, _failure, _abort.Token);
        if (rooms.Ledger is { } ledger)
            _failure.Watch(ledger.Failure);
        _instruments = new RunInstruments(Look);
    }

    /// <summary>Opens the state directory and all rooms. Nothing is read yet.</summary>
    /// <exception cref="StateInUseException">Another process uses the state directory.</exception>
    /// <exception cref="StateDamagedException">The state directory does not hold a ledger that can be opened.</exception>
    public static async Task<PipelineRun> OpenAsync(PipelineDefinition definition, Seams seams, Stream input, Stream output)
    {
        var rooms = new RunRooms(seams, input, output);
        try
        {
            if (definition.Stages.Any(stage => stage.Kind.Role == StageRole.Buffer))
            {
                rooms.StateDirectory = definition.StateDirectory!;
                rooms.Ledger = rooms.Own(SqliteLedger.Open(rooms.StateDirectory, seams));
            }

            return new PipelineRun(definition, rooms);
        }
        catch
        {
            await rooms.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes nothing new and finishes what is being worked on; after the pipeline's deadline that becomes an abort.</summary>
    public void Drain()
    {
        if (_drain.IsCancellationRequested)
            return;
        _deadline = _rooms.Seams.Time.CreateTimer(_ => Abort(), null, _definition.DrainDeadline, Timeout.InfiniteTimeSpan);
        _drain.Cancel();
    }

    /// <summary>Cancels all I/O.</summary>
    public void Abort()
    {
        _drain.Cancel();
        _abort.Cancel();
    }

    /// <summary>Runs to the end. Never throws for what happens inside: that is in the outcome.</summary>
    public async Task<RunOutcome> RunAsync()
    {
        var work = _rooms.Frontier is { } frontier ? WorkAsync(frontier) : Task.CompletedTask;
        _failure.Watch(work);
        var checkpoints = _rooms.Checkpoints?.RunAsync(_ended.Token) ?? Task.CompletedTask;
        _failure.Watch(checkpoints);
        var admission = AdmitAsync();
        _failure.Watch(admission);

        var all = Task.WhenAll(admission, work);
        await Task.WhenAny(all, _failure.Happened);
        if (_failure.HasHappened)
            return await FailAsync(all);

        await all;
        await _ended.CancelAsync();
        return await CloseAsync();
    }

    /// <summary>The run as it stands now.</summary>
    public RunSnapshot Look() => new()
    {
        Pipeline = _definition.Name,
        Elapsed = _rooms.Seams.Time.GetElapsedTime(_start),
        Stages = _graph.Meters,
        Edges = _graph.Edges.Select(edge => new EdgeDepth(edge.Stage, edge.Depth(), edge.Capacity)).ToList(),
        Books = _rooms.Flow.AddedTo(_rooms.Ledger?.Books ?? new Books()),
        BytesRead = _rooms.Sources.Sum(source => source.BytesRead()),
        BytesTotal = _rooms.Sources.All(source => source.BytesTotal() is not null) ? _rooms.Sources.Sum(source => source.BytesTotal()) : null,
        LinesSkipped = _rooms.Sources.Sum(source => source.LinesSkipped()),
        Buffered = _rooms.Frontier?.Buffered ?? 0,
        Draining = _drain.IsCancellationRequested,
    };

    public async ValueTask DisposeAsync()
    {
        if (_deadline is not null)
            await _deadline.DisposeAsync();
        _instruments.Dispose();
        await _rooms.DisposeAsync();
        _drain.Dispose();
        _abort.Dispose();
        _ended.Dispose();
    }

    private Frontier? MakeFrontier()
    {
        var fetch = _definition.Stages.FirstOrDefault(stage => stage.Kind.Role == StageRole.Fetch);
        var buffer = _definition.Stages.FirstOrDefault(stage => stage.Kind.Role == StageRole.Buffer);
        return fetch is null || buffer is null
            ? null
            : new Frontier((BufferOptions)buffer.Options, ((FetchOptions)fetch.Options).Limits, _rooms.Ledger!, _rooms.Seams);
    }

    private Task SettleAsync(Verdict verdict) => _rooms.Frontier!.SettleAsync(verdict);

    private async Task AdmitAsync()
    {
        await _graph.StartSources(_drain.Token);
        await _graph.AdmissionCompleted;
        if (_rooms.Ledger is { } ledger && !_failure.HasHappened)
            await ledger.FlushAsync();
        _rooms.Frontier?.EndIntake();
    }

    private async Task WorkAsync(Frontier frontier)
    {
        var entry = _graph.WorkEntry!;
        await frontier.RunAsync(verdict => System.Threading.Tasks.Dataflow.DataflowBlock.SendAsync(entry, verdict), _graph.FirstWorkers, _graph.WorkersInAll, _drain.Token);
        entry.Complete();
        await _graph.WorkCompleted;
    }

    private async Task<RunOutcome> CloseAsync()
    {
        BooksAudit? audit = null;
        Books? counted = null;
        try
        {
            if (_rooms.Checkpoints is { } checkpoints)
                await checkpoints.TakeAsync();
            if (_rooms.Ledger is { } ledger)
                (audit, counted) = (await ledger.AuditAsync(), ledger.Books);
        }
        catch (Exception error)
        {
            return new RunOutcome(Look(), error, audit, _abort.IsCancellationRequested);
        }

        return new RunOutcome(Look(), null, audit, _abort.IsCancellationRequested) { Counted = counted };
    }

    /// <summary>The run cannot go on: I/O is cancelled, and what does not end soon is left behind.</summary>
    private async Task<RunOutcome> FailAsync(Task all)
    {
        Abort();
        await _ended.CancelAsync();
        var patience = Task.Delay(TimeSpan.FromSeconds(5), _rooms.Seams.Time);
        await Task.WhenAny(all, patience);
        var error = _failure.Happened.Exception!.GetBaseException();
        return new RunOutcome(Look(), error, null, Aborted: true);
    }
}
