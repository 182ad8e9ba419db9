using System.Threading.Tasks.Dataflow;
using Atlas.Pipeline.Pressure;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>The linked blocks of one pipeline: reads top to bottom as a URL travels.</summary>
/// <remarks>
/// The admission half is any acyclic graph; its messages are batches. The work half is a chain behind the buffer; its messages are items. No edge joins the two: between them is the ledger.
/// Built once, then started; all members may be read while it runs.
/// </remarks>
internal sealed class PipelineGraph
{
    private readonly Dictionary<string, (ITargetBlock<UrlBatch> Entry, List<Task> Feeders)> _entries = [];
    private readonly List<Func<CancellationToken, Task>> _starts = [];
    private readonly List<Task> _ends = [];
    private readonly List<StageMeter> _meters = [];
    private readonly List<Edge> _edges = [];
    private readonly PipelineDefinition _definition;
    private readonly IReadOnlyDictionary<string, StagePart> _parts;
    private readonly RunFailure _failure;
    private readonly BatchBlocks _batches;
    private readonly WorkBlocks _work;
    private readonly DiskReserve? _reserve;
    private readonly LocalTrouble _trouble;
    private readonly PressureMonitor? _pressure;
    private readonly CancellationToken _drain;

    private PipelineGraph(PipelineDefinition definition, IReadOnlyDictionary<string, StagePart> parts, RunRooms rooms, RunFailure failure, CancellationToken abort, CancellationToken drain)
    {
        _definition = definition;
        _parts = parts;
        _failure = failure;
        _reserve = rooms.Reserve;
        _trouble = rooms.Trouble;
        _pressure = rooms.Pressure;
        _drain = drain;
        _batches = new BatchBlocks(rooms.Seams, failure);
        _work = new WorkBlocks(rooms.Seams, failure, rooms.Unexpected, abort);
    }

    /// <summary>Sources and stages in flow order.</summary>
    public IReadOnlyList<StageMeter> Meters => _meters;

    public IReadOnlyList<Edge> Edges => _edges;

    /// <summary>Completes when every batch has reached its end.</summary>
    public Task AdmissionCompleted { get; private set; } = Task.CompletedTask;

    /// <summary>Where the buffer puts items to be worked on; null when the pipeline ends at the ledger.</summary>
    public ITargetBlock<Verdict>? WorkEntry { get; private set; }

    /// <summary>Completes when every item handed to <see cref="WorkEntry"/> is settled, after that was completed.</summary>
    public Task WorkCompleted { get; private set; } = Task.CompletedTask;

    /// <summary>Items that the first stage of the work half works on at once.</summary>
    public int FirstWorkers { get; private set; }

    /// <summary>Items that the work half holds at once when all its workers are busy.</summary>
    public int WorkersInAll { get; private set; }

    /// <summary>Makes and links the blocks.</summary>
    /// <param name="definition">A checked definition.</param>
    /// <param name="parts">The working parts, by the names of sources and stages.</param>
    /// <param name="settle">What becomes of each item at the end of the work half.</param>
    /// <param name="rooms">Threads and time, and what lines and bodies wait for: room on the disk, what the machine lacks, and the pressure on it.</param>
    /// <param name="failure">Where a stage's failure is reported.</param>
    /// <param name="abort">Ends the stages' I/O.</param>
    /// <param name="drain">Ends that waiting.</param>
    public static PipelineGraph Build(PipelineDefinition definition, IReadOnlyDictionary<string, StagePart> parts, Func<Verdict, Task> settle, RunRooms rooms, RunFailure failure, CancellationToken abort, CancellationToken drain)
    {
        var graph = new PipelineGraph(definition, parts, rooms, failure, abort, drain);

        // Takers before givers, so that a giver finds its takers' blocks; then the meters are turned into flow order.
        foreach (var stage in definition.Stages.Reverse())
            graph.AddAdmissionStage(stage);
        foreach (var source in definition.Sources.Reverse())
            graph.AddSource(source);
        graph._meters.Reverse();
        graph._edges.Reverse();

        foreach (var (entry, feeders) in graph._entries.Values)
            Links.CompleteAfter(entry, feeders);
        graph.AdmissionCompleted = Task.WhenAll(graph._ends);
        graph.AddWorkChain(settle);
        return graph;
    }

    /// <summary>Starts all sources. Completes when they have ended.</summary>
    /// <param name="drain">Asks them to stop reading.</param>
    public Task StartSources(CancellationToken drain) => Task.WhenAll(_starts.Select(start => start(drain)).ToList());

    private void AddSource(StageDefinition source)
    {
        var meter = AddMeter(source);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outlet = OutletOf(source.Name, output: null, ended.Task);
        var part = (SourcePart)_parts[source.Name];

        async Task<bool> SendAsync(UrlBatch batch)
        {
            var refused = 0;
            foreach (ref readonly var row in batch.ActiveRows)
                refused += row.Fate == Fate.DeadLetter ? 1 : 0;
            meter.Count(batch.Count, batch.Count - refused, 0, refused, 0);

            // What was read goes on when a drain ends the waiting: that is a block of a file at most, and the reserve is there for it.
            if (_reserve is not null)
                await _reserve.PassAsync(BytesOnDisk(batch), _drain);
            await _trouble.PassAsync(LocalTrouble.IntakePause, _drain);
            if (_pressure is not null)
                await _pressure.PassAsync(_drain);
            return !_failure.HasHappened && await outlet.SendAsync(batch);
        }

        _starts.Add(async drain =>
        {
            try
            {
                await part.Run(SendAsync, drain);
            }
            catch (OperationCanceledException) when (drain.IsCancellationRequested)
            {
                // The wait for input was what the drain interrupted.
            }
            catch (Exception error)
            {
                _failure.Report(new StageFailedException(source.Name, error));
            }
            finally
            {
                ended.SetResult();
            }
        });
    }

    /// <summary>What a batch may take on the disk, and rather more: its lines in the WAL and in the database, each with its columns and its place in the dedup index.</summary>
    private static long BytesOnDisk(UrlBatch batch)
    {
        const int Columns = 256, Copies = 2;
        return (batch.Count * (long)Columns) + (batch.Count == 0 ? 0 : Copies * (long)(batch.Rows[batch.Count - 1].TextStart + batch.Rows[batch.Count - 1].TextLength));
    }

    private void AddAdmissionStage(StageDefinition stage)
    {
        switch (_parts[stage.Name])
        {
            case DecidingPart part:
                AddDeciding(stage, part);
                break;
            case RoutingPart part:
                AddRouting(stage, part);
                break;
            case EndingPart part:
                var meter = AddMeter(stage);
                var admits = stage.Kind.Role == StageRole.Buffer;
                AddEntry(stage, _batches.Ending(batch => TakeAsync(part, batch, meter, admits), stage), isEnd: true);
                break;
        }
    }

    private void AddDeciding(StageDefinition stage, DecidingPart part)
    {
        var meter = AddMeter(stage);
        if (part.Stage.NeverWaits || stage.Parallelism > 1)
        {
            var block = _batches.Deciding(part.Stage, stage, meter);
            AddDeciding(stage, block, block, () => block.InputCount + block.OutputCount);
        }
        else
        {
            var (deciding, decided) = _batches.DecidingOneByOne(part.Stage, stage, meter);
            AddDeciding(stage, deciding, decided, () => deciding.InputCount + decided.Count);
        }
    }

    private void AddDeciding(StageDefinition stage, ITargetBlock<UrlBatch> entry, ISourceBlock<UrlBatch> decided, Func<int> depth)
    {
        AddEntry(stage, entry, isEnd: false);
        AddEdge(stage, depth);
        if (TakersOf(stage.Name, output: null) is [var only])
        {
            Links.Flow(decided, _entries[only.Name].Entry);
            _entries[only.Name].Feeders.Add(decided.Completion);
            return;
        }

        var outlet = new Outlet();
        var tee = _batches.Ending(async batch => await SendOnAsync(outlet, batch), stage with { Capacity = 1 });
        Links.Flow(decided, tee);
        Links.CompleteAfter(tee, [decided.Completion]);
        FillOutlet(outlet, stage.Name, output: null, tee.Completion);
    }

    private void AddRouting(StageDefinition stage, RoutingPart part)
    {
        var meter = AddMeter(stage);
        var outlets = new Outlet[part.Outputs.Count];
        var split = new UrlBatch?[part.Outputs.Count];
        var block = _batches.Ending(async batch =>
        {
            meter.Count(batch.Count, batch.Count, 0, 0, 0);
            part.Split(batch, split);
            for (var i = 0; i < split.Length; i++)
            {
                if (split[i] is { } piece)
                    await SendOnAsync(outlets[i], piece);
                split[i] = null;
            }
        },
        stage);
        AddEntry(stage, block, isEnd: false);
        AddEdge(stage, () => block.InputCount);
        for (var i = 0; i < outlets.Length; i++)
            outlets[i] = OutletOf(stage.Name, part.Outputs[i], block.Completion);
    }

    private async ValueTask TakeAsync(EndingPart part, UrlBatch batch, StageMeter meter, bool admits)
    {
        // Once its rows are committed a batch is not read again, so its side copies must be where they go before that. They never wait for the ledger: their ways don't meet it (WayChecks).
        if (admits && batch.SideCopies is { Count: > 0 } sideCopies)
            await Task.WhenAny(sideCopies.WhenEmpty(), _failure.Happened);
        if (_failure.HasHappened)
            return;

        var forwarded = 0;
        foreach (ref readonly var row in batch.ActiveRows)
            forwarded += row.Fate == Fate.Forward ? 1 : 0;
        await part.Take(batch);
        meter.Count(forwarded, forwarded, 0, 0, 0);
    }

    private async ValueTask SendOnAsync(Outlet outlet, UrlBatch batch)
    {
        if (!await outlet.SendAsync(batch) && !_failure.HasHappened)
            throw new InvalidOperationException("A stage refused a batch although nothing has failed.");
    }

    private Outlet OutletOf(string name, string? output, Task completion)
    {
        var outlet = new Outlet();
        FillOutlet(outlet, name, output, completion);
        return outlet;
    }

    private void FillOutlet(Outlet outlet, string name, string? output, Task completion)
    {
        var takers = TakersOf(name, output);

        // The copy on the way to the ledger is the one that counts; with no ledger behind any of them, the one on its way to a dedup, which decides on no other; else the first.
        var counting = takers.FindIndex(taker => LeadsTo(StageRole.Buffer, taker));
        if (counting < 0)
            counting = Math.Max(0, takers.FindIndex(taker => LeadsTo(StageRole.Dedup, taker)));
        for (var i = 0; i < takers.Count; i++)
        {
            var (entry, feeders) = _entries[takers[i].Name];
            outlet.Add(entry, countsInBooks: i == counting);
            feeders.Add(completion);
        }
    }

    private List<StageDefinition> TakersOf(string name, string? output) =>
        _definition.Stages.Where(stage => stage.From.Any(link => link.From == name && link.Output == output)).ToList();

    private bool LeadsTo(StageRole role, StageDefinition stage) =>
        stage.Kind.Role == role
        || (stage.Kind.Gives == Port.Urls && _definition.Stages.Any(taker => taker.From.Any(link => link.From == stage.Name) && LeadsTo(role, taker)));

    private void AddEntry(StageDefinition stage, ITargetBlock<UrlBatch> block, bool isEnd)
    {
        _entries[stage.Name] = (block, []);
        if (!isEnd)
            return;
        _ends.Add(block.Completion);
        if (block is ActionBlock<UrlBatch> ending)
            AddEdge(stage, () => ending.InputCount);
    }

    private void AddWorkChain(Func<Verdict, Task> settle)
    {
        var chain = new List<(StageDefinition Stage, ActingPart Part)>();
        foreach (var stage in _definition.Stages)
        {
            if (_parts[stage.Name] is ActingPart part)
                chain.Add((stage, part));
        }

        if (chain.Count == 0)
            return;

        var blocks = new List<TransformBlock<Verdict, Verdict>>();
        foreach (var (stage, part) in chain)
        {
            var block = _work.Acting(part.Stage, stage, part.Workers, AddMeter(stage), part.Left, stage.Kind.Role == StageRole.Persist && _reserve is { } reserve
                ? item => reserve.PassAsync(item.Document?.BodyLength ?? 0, _drain)
                : null);
            _edges.Add(new Edge(stage.Name, stage.Capacity + part.Workers, () => block.InputCount + block.OutputCount));
            if (blocks.Count > 0)
            {
                Links.Flow(blocks[^1], block);
                Links.CompleteAfter(block, [blocks[^1].Completion]);
            }

            blocks.Add(block);
            WorkersInAll += part.Workers;
        }

        var end = _work.Settling(settle, workers: Math.Max(16, WorkersInAll));
        Links.Flow(blocks[^1], end);
        Links.CompleteAfter(end, [blocks[^1].Completion]);
        FirstWorkers = chain[0].Part.Workers;
        WorkEntry = blocks[0];
        WorkCompleted = end.Completion;
    }

    private StageMeter AddMeter(StageDefinition stage)
    {
        var meter = new StageMeter(stage.Name, stage.Kind.Word);
        _meters.Add(meter);
        return meter;
    }

    private void AddEdge(StageDefinition stage, Func<int> depth) => _edges.Add(new Edge(stage.Name, stage.Capacity, depth));
}
