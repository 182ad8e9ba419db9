using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Sources;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Graph;

/// <summary>Sends dead letters back into the pipeline they come from: refused lines to their source's first stage, URLs that were given up to the queue. Nothing is fetched.</summary>
/// <remarks>
/// The list of letters is durable before the first one is decided on, and each leaves it with its outcome. So whoever was killed goes on with what is left: <see cref="ActReader.Unfinished"/>.
/// </remarks>
internal sealed class ReplayRun
{
    private readonly PipelineDefinition _definition;
    private readonly Seams _seams;
    private ReplayPace? _pace;

    /// <param name="definition">The pipeline; it has a buffer.</param>
    /// <param name="seams">Time, disk and log.</param>
    public ReplayRun(PipelineDefinition definition, Seams seams)
    {
        _definition = definition with { Stages = [.. definition.Stages.Where(stage => stage.Kind.Takes == Port.Urls)] };
        _seams = seams;
    }

    /// <summary>Letters that were sent on, while it runs.</summary>
    public long Sent => Volatile.Read(ref _pace)?.Replayed ?? 0;

    /// <summary>Writes down which letters are to be replayed.</summary>
    /// <param name="filter">By what they were chosen, in its one canonical form.</param>
    /// <param name="who">Who asks for it.</param>
    /// <param name="letters">The ledger's numbers of the letters.</param>
    /// <inheritdoc cref="SqliteLedger.Open" path="/exception"/>
    public async Task<Replay> BeginAsync(string filter, string who, IReadOnlyList<long> letters)
    {
        await using var ledger = Open();
        return await ledger.BeginReplayAsync(filter, who, letters);
    }

    /// <summary>Replays what is left of a list, and ends it. Cut short by a drain or a failure it keeps what is left.</summary>
    /// <param name="replay">The list.</param>
    /// <param name="rate">Letters a second; null for as many as there is room for.</param>
    /// <param name="output">Standard output, for a pipeline that writes rows there.</param>
    /// <param name="opening">Is told how far the opening is.</param>
    /// <param name="opened">Gets the run when it has been opened, to drain or abort it.</param>
    /// <returns>What has become of the run, and of the replay: null if it has not come to its end.</returns>
    /// <inheritdoc cref="PipelineRun.OpenAsync" path="/exception"/>
    public async Task<(RunOutcome Outcome, Replay? Ended)> RunAsync(Replay replay, double? rate, Stream output, StepProgress? opening = null, Action<PipelineRun>? opened = null)
    {
        RunOutcome outcome;
        var pace = new ReplayPace(replay.Id, rate, _seams.Time);
        Volatile.Write(ref _pace, pace);
        await using (var run = await PipelineRun.OpenAsync(_definition, _seams, Stream.Null, output, opening, (stage, rooms) => Reading(stage, pace, rooms)))
        {
            opened?.Invoke(run);
            outcome = await run.RunAsync();
        }

        if (outcome.Failure is not null || outcome.Aborted || outcome.Last.Draining)
            return (outcome, null);
        await using var ledger = Open();
        return (outcome, await ledger.EndReplayAsync(replay));
    }

    private SourcePart Reading(StageDefinition source, ReplayPace pace, RunRooms rooms)
    {
        var isFirst = source.Name == _definition.Sources[0].Name;
        var others = isFirst ? _definition.Sources.Skip(1).Select(other => other.Name).ToHashSet() : null;
        return new SourcePart(new ReplayedSource(source.Name, source.Options is DiscoveredOptions, others, pace, rooms.Pool, rooms.Ledger!, rooms.Seams).RunAsync);
    }

    private SqliteLedger Open() => SqliteLedger.Open(_definition.StateDirectory!, _seams);
}
