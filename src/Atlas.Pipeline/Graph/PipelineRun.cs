using System.Threading.Tasks.Dataflow;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Discover;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Pressure;
using Atlas.Pipeline.Redirects;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>One run of one pipeline, from opening its state to closing it.</summary>
/// <remarks>
/// Ends in one of two ways, never mixed. Drain: sources stop, what is inside finishes; at the end of input that includes the whole queue, after <see cref="Drain"/> only what is being worked on.
/// Abort: I/O is cancelled, and leased items go back to the queue with their attempts. What does not end within <see cref="Patience"/> then, like a write to a pipe that nobody reads, is left behind.
/// </remarks>
internal sealed class PipelineRun : IAsyncDisposable
{
    /// <summary>How long what is inside may take to end after an abort or a failure, before the run leaves without it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Of the hosts with the most duplicates, how many a snapshot names.</summary>
    private const int ShownHosts = 20;

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
    private Task<RunOutcome>? _ending;

    private PipelineRun(PipelineDefinition definition, RunRooms rooms, Func<StageDefinition, RunRooms, SourcePart>? reading)
    {
        _definition = definition;
        _rooms = rooms;
        _rooms.Draining = _drain.Token;
        _start = rooms.Seams.Time.GetTimestamp();
        var parts = definition.Sources.Concat(definition.Stages).ToDictionary(
            stage => stage.Name,
            stage => stage.Kind.Role == StageRole.Source && reading is not null ? reading(stage, rooms) : StageCatalog.Make(stage, rooms));
        rooms.Frontier = MakeFrontier();
        _graph = PipelineGraph.Build(definition, parts, SettleAsync, rooms, _failure, _abort.Token, _drain.Token);
        if (rooms.Reserve is { } reserve)
            _failure.Watch(reserve.Failure);
        if (rooms.Ledger is { } ledger)
            _failure.Watch(ledger.Failure);
        _instruments = new RunInstruments(Look, rooms.Seams.Time);
    }

    /// <summary>Set when the run has begun to leave: by <see cref="Abort"/>, at the drain's deadline, or after a failure.</summary>
    public CancellationToken Leaving => _abort.Token;

    /// <summary>Opens the state directory and all rooms. Nothing is read yet. While its disk has no room (<see cref="DiskReserve"/>) it waits, and has not touched the state.</summary>
    /// <exception cref="StateInUseException">Another process uses the state directory.</exception>
    /// <exception cref="StateDamagedException">The state directory does not hold a ledger that can be opened.</exception>
    /// <param name="definition">What to run.</param>
    /// <param name="seams">Time, disk and log.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="opening">Is told how far it is: a dedup index that has to be rebuilt takes minutes.</param>
    /// <param name="reading">What reads in the place of each source; null for the sources themselves.</param>
    public static async Task<PipelineRun> OpenAsync(
        PipelineDefinition definition, Seams seams, Stream input, Stream output, StepProgress? opening = null, Func<StageDefinition, RunRooms, SourcePart>? reading = null)
    {
        var hasLedger = definition.Stages.Any(stage => stage.Kind.Role == StageRole.Buffer);
        var rooms = new RunRooms(seams, input, output, hasLedger ? new BatchSize(definition.Admission) : null) { Opening = opening };
        try
        {
            if (hasLedger)
            {
                rooms.StateDirectory = definition.StateDirectory!;
                seams.Disk.CreateDirectory(rooms.StateDirectory);
                rooms.Reserve = rooms.Own(new DiskReserve(rooms.StateDirectory, definition.DiskReserveBytes, seams));
                await rooms.Reserve.PassAsync(bytes: 0, CancellationToken.None);
                var ledger = rooms.Own(SqliteLedger.Open(rooms.StateDirectory, seams, rooms.Size, definition.Memory?.SqliteCacheBytes));
                rooms.Ledger = ledger;
                rooms.Reserve.Guard(StateDirectory.LedgerFileIn(rooms.StateDirectory));
                rooms.Retention = new LetterRetention(definition.DeadLetters, ledger, StateDirectory.LedgerFileIn(rooms.StateDirectory), seams);
                await ledger.RememberKeyRulesAsync(KeyRules.Of(definition).ToText());
            }

            rooms.Pressure = rooms.Own(new PressureMonitor(definition.Pressure, seams, () => rooms.Reserve is { Bytes: > 0 } reserve ? 100.0 * reserve.Bytes / Math.Max(1, reserve.FreeBytes) : null));
            var run = new PipelineRun(definition, rooms, reading);
            opening?.End();
            return run;
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
        var retention = _rooms.Retention?.RunAsync(_ended.Token) ?? Task.CompletedTask;
        var admission = AdmitAsync();
        _failure.Watch(admission);
        var all = Task.WhenAll(admission, work);
        _ending = EndAsync(all, Task.WhenAll(checkpoints, retention));
        _failure.Watch(_ending);

        var leaving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onAbort = _abort.Token.Register(leaving.SetResult);
        await Task.WhenAny(_ending, _failure.Happened, leaving.Task);
        if (_failure.HasHappened)
            Abort();
        if (!_ending.IsCompleted)
            await WaitPatientlyAsync(_ending);
        return _failure.HasHappened ? Failed() : _ending.IsCompleted ? await _ending : Leave(all);
    }

    /// <summary>The run as it stands now.</summary>
    public RunSnapshot Look() => new()
    {
        Pipeline = _definition.Name,
        Elapsed = _rooms.Seams.Time.GetElapsedTime(_start),
        Stages = _graph.Meters,
        Edges = _graph.Edges.Select(edge => new EdgeDepth(edge.Stage, edge.Depth(), edge.Capacity)).ToList(),
        Books = _rooms.Flow.AddedTo(_rooms.Ledger?.Books ?? new Books()),
        WorstHosts = (_rooms.Ledger?.WorstHosts(ShownHosts) ?? WorstHosts.None).AddedTo(_rooms.Flow.WorstHosts(ShownHosts), ShownHosts),
        BytesRead = _rooms.Meters.Sum(source => source.BytesRead()),
        BytesTotal = _rooms.Meters.All(source => source.BytesTotal() is not null) ? _rooms.Meters.Sum(source => source.BytesTotal()) : null,
        LinesSkipped = _rooms.Meters.Sum(source => source.LinesSkipped()),
        Buffered = _rooms.Frontier?.Buffered ?? 0,
        Remembered = _rooms.Frontier?.Remembered ?? 0,
        Hosts = _rooms.Frontier?.HostsKnown ?? 0,
        NextFetchAt = _rooms.Frontier?.NextAt,
        Draining = _drain.IsCancellationRequested,
        Commits = _rooms.Size?.Look(),
        Durable = _rooms.Durable,
        WaitsForDisk = _rooms.Reserve?.IsPaused ?? false,
        DiskFreeBytes = _rooms.Reserve?.FreeBytes,
        WaitsForMachine = _rooms.Trouble.IsPaused,
        LocalFailures = _rooms.Trouble.Failures,
        Pressure = _rooms.Pressure?.Look(),
        FetchLimit = _rooms.Limit?.Now,
        UnexpectedErrors = _rooms.Unexpected.Counts,
    };

    public async ValueTask DisposeAsync()
    {
        if (_deadline is not null)
            await _deadline.DisposeAsync();
        _instruments.Dispose();

        // What was left behind still works with the rooms: closing them under it could do harm, and leaving them open does none that a kill would not.
        if (_ending is { IsCompleted: false })
            return;
        await _rooms.DisposeAsync();
        _drain.Dispose();
        _abort.Dispose();
        _ended.Dispose();
    }

    private Frontier? MakeFrontier()
    {
        var fetch = _definition.Stages.Select(stage => stage.Options).OfType<FetchOptions>().FirstOrDefault();
        var buffer = _definition.Stages.Select(stage => stage.Options).OfType<BufferOptions>().FirstOrDefault();
        return fetch is null || buffer is null
            ? null
            : new Frontier(buffer, fetch.Hosts, _rooms.Ledger!, _rooms.Seams, fetch.RefetchAfter) { Redirected = MakeRedirects(fetch, buffer).SettleAsync };
    }

    private RedirectTargets MakeRedirects(FetchOptions fetch, BufferOptions buffer)
    {
        var rules = KeyRules.Of(_definition);
        var discover = _definition.Stages.Select(stage => stage.Options).OfType<DiscoverOptions>().FirstOrDefault();
        return _rooms.Own(new RedirectTargets([new NormalizeStage(rules.Normalize), new ClassifyStage(rules.Classify)], _rooms.Pool, _rooms.Ledger!, StateDirectory.LedgerFileIn(_rooms.StateDirectory!), _rooms.Seams)
        {
            Dedup = _rooms.Dedup!,
            Seen = _rooms.SeenStore!,
            MostRedirects = fetch.MaxRedirects,
            Weigh = buffer.Weights.Apply,
            DepthOf = discover is null ? (item, _) => item.Depth : new RedirectDepth(discover).Of,
        });
    }

    private Task SettleAsync(Verdict verdict)
    {
        _rooms.Trouble.Note(verdict);
        return _rooms.Frontier!.SettleAsync(verdict);
    }

    private async Task AdmitAsync()
    {
        await _graph.StartSources(_drain.Token);
        await _graph.AdmissionCompleted;
        if (_rooms.Ledger is { } ledger && !_failure.HasHappened)
            await ledger.FlushAsync();
        if (_rooms.Frontier is not { } frontier)
            return;
        frontier.EndIntake();

        // The pages that are still to come leave it the time; at the run's end it would be waited for.
        _rooms.Checkpoints?.AskForLast();
    }

    private async Task WorkAsync(Frontier frontier)
    {
        var entry = _graph.WorkEntry!;
        await frontier.RunAsync(SendAsync, _graph.FirstWorkers, _graph.WorkersInAll, _drain.Token, _rooms.Limit is { } limit ? limit.For : null);
        entry.Complete();
        await _graph.WorkCompleted;

        // What would find no room for its body, or fail for something that this machine lacks, is not asked for either.
        async Task<bool> SendAsync(Verdict verdict) =>
            await _rooms.Reserve!.PassAsync(bytes: 0, _drain.Token) && await _rooms.Trouble.PassAsync(LocalTrouble.WorkPause, _drain.Token) && await entry.SendAsync(verdict);
    }

    /// <summary>Follows the run to its last checkpoint. No checkpoint is under way any more when it completes, so that the dedup index may be closed.</summary>
    private async Task<RunOutcome> EndAsync(Task all, Task beside)
    {
        try
        {
            await all;
        }
        finally
        {
            await _ended.CancelAsync();
            await beside;
        }

        return _failure.HasHappened ? Failed() : await CloseAsync();
    }

    private async Task<RunOutcome> CloseAsync()
    {
        BooksAudit? audit = null;
        Books? counted = null;
        try
        {
            // Damage that was found beside the run, when no key came any more, is as bad as any.
            _rooms.SeenStore?.ThrowIfFailed();
            if (_rooms.Checkpoints is { } checkpoints)
                await checkpoints.TakeAsync(isLast: true);

            // A checkpoint that fails costs nothing but time at the next start. A commit that fails, be it the checkpoint's, is final: then this throws.
            if (_rooms.Ledger is { } ledger)
            {
                await ledger.FlushAsync();
                (audit, counted) = (await ledger.AuditAsync(), ledger.Books);
            }
        }
        catch (Exception error)
        {
            return new RunOutcome(Look(), error, audit, _abort.IsCancellationRequested);
        }

        return new RunOutcome(Look(), null, audit, _abort.IsCancellationRequested) { Counted = counted };
    }

    private async Task WaitPatientlyAsync(Task ending)
    {
        await _ended.CancelAsync();
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(ending, Task.Delay(Patience, _rooms.Seams.Time, enough.Token));
        await enough.CancelAsync();
    }

    private RunOutcome Failed()
    {
        var failure = _failure.Happened.Exception!.GetBaseException();
        return new RunOutcome(Look(), _rooms.Reserve?.Explain(failure) ?? failure, null, Aborted: true);
    }

    /// <summary>Leaves without what has not ended. If that is the closing alone, nothing of it is missed: the next start takes a little longer.</summary>
    private RunOutcome Leave(Task all)
    {
        var outcome = new RunOutcome(Look(), null, null, Aborted: true) { LeftBehind = !all.IsCompleted };

        // From now on the blocks let pass what comes, unprocessed: nothing is decided or counted any more behind the back of the report.
        _failure.Report(new OperationCanceledException("The run has left."));
        return outcome;
    }
}
