using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Discover;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Pressure;
using Atlas.Pipeline.Route;
using Atlas.Pipeline.Sources;
using Atlas.Pipeline.Topology;
using Atlas.Pipeline.Write;

namespace Atlas.Pipeline.Graph;

/// <summary>The one list where a word in the YAML meets the reader of its settings and the part that does the work.</summary>
internal static class StageCatalog
{
    private static readonly IReadOnlyList<(StageKind Kind, Func<StageDefinition, RunRooms, StagePart> Make)> Entries =
    [
        (new("stdin", Port.None, Port.Urls, StdinOptions.Read, "Lines from standard input.") { Role = StageRole.Source, IsTheOnlyOne = true }, MakeStdin),
        (new("file_tail", Port.None, Port.Urls, FileTailOptions.Read, "Lines of files as they grow, through rotation.") { Role = StageRole.Source }, MakeFileTail),
        (new("discovered", Port.None, Port.Urls, DiscoveredOptions.Read, "The links that a discover stage has found.") { Role = StageRole.Source, IsTheOnlyOne = true, NeedsLedger = true }, MakeDiscovered),
        (new("normalize", Port.Urls, Port.Urls, NormalizeOptions.Read, "Gives every URL its one canonical spelling.") { Role = StageRole.Normalize, MayRunParallel = true },
            (stage, _) => new DecidingPart(new NormalizeStage((NormalizeOptions)stage.Options))),
        (new("classify", Port.Urls, Port.Urls, ClassifyOptions.Read, "Decides what may become of a URL.") { Role = StageRole.Classify, MayRunParallel = true },
            (stage, _) => new DecidingPart(new ClassifyStage((ClassifyOptions)stage.Options))),
        (new("dedup", Port.Urls, Port.Urls, DedupOptions.Read, "Lets every resource through once, ever.") { Role = StageRole.Dedup, HeldBytes = Graph.HeldBytes.OfDedup, Memory = StageMemories.Dedup }, MakeDedup),
        (new("route", Port.Urls, Port.Urls, RouteOptions.Read, "Sends rows different ways.") { Role = StageRole.Route, NamedOutputs = options => ((RouteOptions)options).Outputs.Select(match => match.Output).ToList() }, MakeRoute),
        (new("write", Port.Urls, Port.None, WriteOptions.Read, "Writes rows to standard output or a file.") { Role = StageRole.Output, WritesTo = options => ((WriteOptions)options).Place }, MakeWrite),
        (new("buffer", Port.Urls, Port.Work, BufferOptions.Read, "Admits to the ledger; the bounded priority buffer over its queue.") { Role = StageRole.Buffer, HeldBytes = Graph.HeldBytes.OfBuffer, Memory = StageMemories.Buffer, NamedSources = options => ((BufferOptions)options).Weights.Named }, MakeBuffer),
        (new("fetch", Port.Work, Port.Documents, FetchOptions.Read, "Asks the hosts, politely.") { Role = StageRole.Fetch, Memory = StageMemories.Fetch }, MakeFetch),
        (new("discover", Port.Documents, Port.Documents, DiscoverOptions.Read, "Takes links out of pages, sitemaps and feeds.") { ComesBackBy = "discovered" }, MakeDiscover),
        (new("persist", Port.Documents, Port.None, PersistOptions.Read, "Stores each document once.") { Role = StageRole.Persist, HeldBytes = Graph.HeldBytes.OfPersist, Memory = StageMemories.Persist }, MakePersist),
    ];

    /// <summary>Every kind there is, in flow order.</summary>
    public static IReadOnlyList<StageKind> Kinds { get; } = Entries.Select(entry => entry.Kind).ToList();

    /// <summary>The working part of one source or stage.</summary>
    public static StagePart Make(StageDefinition stage, RunRooms rooms) =>
        Entries.First(entry => entry.Kind.Word == stage.Kind.Word).Make(stage, rooms);

    private static SourcePart MakeStdin(StageDefinition stage, RunRooms rooms)
    {
        var source = rooms.Own(new StdinSource((StdinOptions)stage.Options, stage.Name, rooms.Pool, rooms.Input, rooms.Follow(stage.Name), rooms.Seams));
        rooms.Meters.Add(new SourceMeter(() => source.BytesRead, () => source.BytesTotal, () => source.LinesSkipped));
        return rooms.FromOutside(source.RunAsync);
    }

    private static SourcePart MakeFileTail(StageDefinition stage, RunRooms rooms)
    {
        var ledger = rooms.Ledger;
        var source = new FileTailSource(
            (FileTailOptions)stage.Options,
            stage.Name,
            rooms.Pool,
            rooms.Follow(stage.Name),
            file => ledger?.ResumeOffset(stage.Name, file) ?? 0,
            rooms.Seams)
        {
            CommitPlaces = () => ledger?.FlushAsync() ?? Task.CompletedTask,
        };
        rooms.Meters.Add(new SourceMeter(() => source.BytesRead, () => source.BytesTotal, () => source.LinesSkipped));
        return rooms.FromOutside(source.RunAsync);
    }

    private static SourcePart MakeDiscovered(StageDefinition stage, RunRooms rooms)
    {
        var source = rooms.Own(new DiscoveredSource(stage.Name, rooms.Pool, rooms.Follow(stage.Name), rooms.Ledger!, rooms.EndOfWork, rooms.Seams));
        rooms.Meters.Add(new SourceMeter(() => source.BytesRead, () => null, () => 0));
        return new SourcePart(source.RunAsync);
    }

    private static DecidingPart MakeDedup(StageDefinition stage, RunRooms rooms)
    {
        var options = (DedupOptions)stage.Options;
        if (rooms.Ledger is not { } ledger)
            return new DecidingPart(new DedupStage(options, rooms.Own(new InMemorySeenStore())));

        rooms.SeenStore ??= rooms.Own(FasterSeenStore.Open(Path.Combine(rooms.StateDirectory!, "seen"), options, ledger, rooms.Seams, rooms.Opening));
        var dedup = rooms.Own(new DedupStage(options, rooms.SeenStore));
        rooms.Dedup ??= dedup;
        rooms.Checkpoints ??= rooms.Own(new SeenCheckpoints(dedup, rooms.SeenStore, ledger, rooms.Seams)
        {
            HasRoom = () => rooms.Reserve?.HasRoomFor(Graph.HeldBytes.OfCheckpoint(options)) ?? true,
        });
        return new DecidingPart(dedup);
    }

    private static RoutingPart MakeRoute(StageDefinition stage, RunRooms rooms)
    {
        var route = new RouteStage((RouteOptions)stage.Options);
        return new RoutingPart(route.Outputs, route.Split);
    }

    private static EndingPart MakeWrite(StageDefinition stage, RunRooms rooms)
    {
        var write = rooms.Own(WriteStage.Open((WriteOptions)stage.Options, rooms.Output));
        return new EndingPart(batch => write.TakeAsync(batch, rooms.Flow.Count));
    }

    private static EndingPart MakeBuffer(StageDefinition stage, RunRooms rooms)
    {
        var (ledger, weights) = (rooms.Ledger!, ((BufferOptions)stage.Options).Weights);
        return new EndingPart(batch =>
        {
            weights.Apply(batch);
            return ledger.AdmitAsync(batch);
        });
    }

    private static ActingPart MakeFetch(StageDefinition stage, RunRooms rooms)
    {
        var options = (FetchOptions)stage.Options;
        var limit = new ConcurrencyLimit(options.MinConcurrency, options.Concurrency, rooms.Seams.Time, () => rooms.Pressure?.Level ?? PressureLevel.None);
        rooms.Limit = limit;
        return new ActingPart(rooms.Own(new FetchStage(options, rooms.Seams, unexpected: rooms.Unexpected) { Sending = item => rooms.Frontier!.Sending(item), Answered = Answered }), options.Concurrency)
        {
            Left = verdict =>
            {
                limit.Ended(verdict.Item.HostKey, HostOutcomes.Of(verdict));
                rooms.Frontier!.Fetched(verdict);
            },
        };

        void Answered(WorkItem item)
        {
            if (item.SentAt > 0)
                limit.Answered(item.HostKey, TimeSpan.FromTicks(rooms.Seams.Time.GetUtcNow().UtcTicks - item.SentAt));
            rooms.Frontier!.Answered(item);
        }
    }

    // It is processors that it needs, and they have other things to do as well.
    private static ActingPart MakeDiscover(StageDefinition stage, RunRooms rooms) =>
        new(rooms.Own(new DiscoverStage((DiscoverOptions)stage.Options)), Math.Max(1, Environment.ProcessorCount / 2));

    private static ActingPart MakePersist(StageDefinition stage, RunRooms rooms)
    {
        var persist = rooms.Own(new PersistStage((PersistOptions)stage.Options, Path.Combine(rooms.StateDirectory!, "bodies"), rooms.Ledger!, rooms.Seams, new PackingLimits
        {
            HasRoom = bytes => rooms.Reserve?.HasRoomFor(bytes) ?? true,
            MustWait = () => rooms.Pressure?.Level >= PressureLevel.High,
            Leaving = rooms.Draining,
        }));
        rooms.Durable = persist.Durable;

        // Items wait here for one group's sync: as many as are fetched in that time must find room.
        return new ActingPart(persist, Workers: 512);
    }
}
