using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>Small definitions and parts to build graphs from.</summary>
internal sealed class GraphTestBed
{
    private readonly Dictionary<string, StagePart> _parts = [];
    private readonly List<StageDefinition> _sources = [];
    private readonly List<StageDefinition> _stages = [];

    public UrlBatchPool Pool { get; } = new();

    public RunFailure Failure { get; } = new();

    public List<Verdict> Settled { get; } = [];

    public static StageDefinition Stage(string name, StageRole role = StageRole.Other, Port takes = Port.Urls, Port gives = Port.Urls, int capacity = 1, int parallelism = 1, params Link[] from) => new()
    {
        Name = name,
        Kind = new StageKind(name, takes, gives, _ => new object(), "") { Role = role },
        Options = new object(),
        From = from,
        Capacity = capacity,
        Parallelism = parallelism,
    };

    /// <summary>A source that sends so many batches of one row each; the row's text is <c>name-number</c>.</summary>
    public GraphTestBed Source(string name, int batches, Task? startsAfter = null)
    {
        _sources.Add(Stage(name, StageRole.Source, Port.None));
        _parts[name] = new SourcePart(async (send, drain) =>
        {
            await (startsAfter ?? Task.CompletedTask);
            for (var i = 0; i < batches && !drain.IsCancellationRequested; i++)
            {
                if (!await send(BatchOf($"{name}-{i}")))
                    return;
            }
        });
        return this;
    }

    public GraphTestBed Deciding(string name, Func<UrlBatch, Task> decide, string[] from, int parallelism = 1, StageRole role = StageRole.Other)
    {
        _stages.Add(Stage(name, role, parallelism: parallelism, from: LinksTo(from)));
        _parts[name] = new DecidingPart(new Decision(decide));
        return this;
    }

    public GraphTestBed Ending(string name, Func<UrlBatch, Task> take, string[] from, StageRole role = StageRole.Output)
    {
        _stages.Add(Stage(name, role, gives: role == StageRole.Buffer ? Port.Work : Port.None, from: LinksTo(from)));
        _parts[name] = new EndingPart(async batch => await take(batch));
        return this;
    }

    public GraphTestBed Routing(string name, string?[] outputs, Action<UrlBatch, UrlBatch?[]> split, string[] from)
    {
        _stages.Add(Stage(name, StageRole.Route, from: LinksTo(from)));
        _parts[name] = new RoutingPart(outputs, split);
        return this;
    }

    public PipelineGraph Build()
    {
        var definition = new PipelineDefinition { File = "test.yaml", Name = "test", Sources = _sources, Stages = _stages };
        return PipelineGraph.Build(
            definition,
            _parts,
            verdict =>
            {
                lock (Settled)
                    Settled.Add(verdict);
                return Task.CompletedTask;
            },
            new RunRooms(new Seams(), Stream.Null, Stream.Null, size: null),
            Failure,
            CancellationToken.None,
            CancellationToken.None);
    }

    /// <summary>Builds, runs to the end, and returns the graph.</summary>
    public async Task<PipelineGraph> RunAsync(CancellationToken drain = default)
    {
        var graph = Build();
        await graph.StartSources(drain).WaitAsync(TestContext.Current.CancellationToken);
        await graph.AdmissionCompleted.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        return graph;
    }

    public UrlBatch BatchOf(params string[] lines)
    {
        var batch = Pool.Rent();
        var end = 0;
        foreach (var line in lines)
        {
            var length = Encoding.UTF8.GetBytes(line, batch.Text.AsSpan(end));
            batch.Rows[batch.Count++] = new UrlRow { TextStart = end, TextLength = length };
            end += length;
        }

        return batch;
    }

    public static string TextOf(UrlBatch batch, int row = 0) => Encoding.UTF8.GetString(batch.TextOf(batch.Rows[row]));

    private static Link[] LinksTo(string[] from) =>
        from.Select(name => name.Split('.') is [var stage, var output] ? new Link(stage, output) : new Link(name, null)).ToArray();

    private sealed class Decision(Func<UrlBatch, Task> decide) : IBatchStage
    {
        public async ValueTask ProcessAsync(UrlBatch batch) => await decide(batch);
    }
}
