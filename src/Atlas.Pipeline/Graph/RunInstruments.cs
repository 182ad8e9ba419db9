using System.Diagnostics.Metrics;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Pressure;

namespace Atlas.Pipeline.Graph;

/// <summary>The run's counts as instruments of the meter <c>Atlas.Pipeline</c>, for anything that listens to System.Diagnostics.Metrics.</summary>
/// <remarks>All are observable: they cost nothing on the hot path, and nothing at all while nobody listens. Tags are names from the YAML and words from closed sets, never a URL or a host.</remarks>
internal sealed class RunInstruments : IDisposable
{
    public const string MeterName = "Atlas.Pipeline";

    private readonly Meter _meter;

    /// <param name="look">The run as it stands now.</param>
    /// <param name="time">The run's, whose ticks the stage meters count in.</param>
    public RunInstruments(Func<RunSnapshot> look, TimeProvider time)
    {
        // The scope tells the meters of two runs in one process apart.
        _meter = new Meter(new MeterOptions(MeterName) { Scope = this });
        var ticksPerSecond = (double)time.TimestampFrequency;
        _meter.CreateObservableCounter("atlas.stage.items", () => Items(look()), "{url}", "URLs a source or stage has decided on, by stage and fate.");
        _meter.CreateObservableCounter("atlas.stage.busy", () => look().Stages.Select(stage => new Measurement<double>(stage.BusyTicks / ticksPerSecond, Stage(stage.Name))), "s", "Time spent deciding, summed over all workers; waiting in a queue is not included.");
        _meter.CreateObservableGauge("atlas.edge.depth", () => look().Edges.Select(edge => new Measurement<int>(edge.Depth, Stage(edge.Stage))), "{message}", "Batches or items in front of a stage, those being worked on included.");
        _meter.CreateObservableGauge("atlas.edge.capacity", () => look().Edges.Select(edge => new Measurement<int>(edge.Capacity, Stage(edge.Stage))), "{message}", "Most that may stand in front of a stage.");
        _meter.CreateObservableGauge("atlas.buffer.items", () => look().Buffered, "{url}", "URLs in the priority buffer.");
        _meter.CreateObservableGauge("atlas.buffer.remembered", () => look().Remembered, "{url}", "URLs taken from the queue of which only the number is held.");
        _meter.CreateObservableGauge("atlas.buffer.hosts", () => look().Hosts, "{host}", "Hosts that have URLs waiting, or that wait to be asked again.");
        _meter.CreateObservableCounter("atlas.ledger.received", () => look().Books.Received, "{url}", "Lines whose fate is durable.");
        _meter.CreateObservableCounter("atlas.ledger.admitted", () => look().Books.Admitted, "{url}", "Lines that became work in this run.");
        _meter.CreateObservableCounter("atlas.ledger.duplicates", () => look().Books.Duplicates, "{url}", "Lines whose resource was known.");
        _meter.CreateObservableCounter("atlas.ledger.rejected", () => ByReason(look().Books.Rejected), "{url}", "Lines refused, by reason.");
        _meter.CreateObservableGauge("atlas.ledger.dead", () => ByReason(look().Books.Dead), "{url}", "Admitted URLs given up, by reason.");
        _meter.CreateObservableGauge("atlas.ledger.queued", () => look().Books.Queued, "{url}", "Admitted URLs that wait.");
        _meter.CreateObservableGauge("atlas.ledger.done", () => look().Books.Done, "{url}", "Admitted URLs fetched and stored, or found to be aliases.");
        _meter.CreateObservableGauge("atlas.ledger.aliases", () => look().Books.Aliases, "{url}", "Of those, the URLs whose hosts redirect to others.");
        _meter.CreateObservableCounter("atlas.ledger.redirect_targets", () => look().Books.RedirectTargets, "{url}", "URLs that became work in this run because redirects led there.");
        _meter.CreateObservableCounter("atlas.refetch.documents", () => Refetches(look().Books.Refetches), "{document}", "Documents that were asked for again, by what came of it.");
        _meter.CreateObservableCounter("atlas.refetch.failed", () => ByReason(look().Books.Refetches.Failed), "{document}", "Of those, the ones asked for in vain, by reason: they stay what they were.");
        _meter.CreateObservableGauge("atlas.refetch.waiting", () => look().Books.Refetches.Waiting, "{document}", "Documents that are being asked for again: queued or leased.");
        _meter.CreateObservableGauge("atlas.admission.batch", () => look().Commits is { } pace ? [new Measurement<int>(pace.Size)] : Array.Empty<Measurement<int>>(), "{url}", "Rows that one commit may take now.");
        _meter.CreateObservableGauge("atlas.admission.commit", () => look().Commits is { } pace ? [new Measurement<double>(pace.Lately.TotalSeconds)] : Array.Empty<Measurement<double>>(), "s", "What writing and committing a group of rows took lately.");
        _meter.CreateObservableGauge("atlas.disk.free", () => look().DiskFreeBytes is { } free ? [new Measurement<long>(free)] : Array.Empty<Measurement<long>>(), "By", "Bytes free on the disk of the state directory.");
        _meter.CreateObservableGauge("atlas.disk.waiting", () => look().WaitsForDisk ? 1 : 0, "1", "1 while nothing new is taken in because that disk is nearly full.");
        _meter.CreateObservableCounter("atlas.machine.failures", () => ByReason(look().LocalFailures), "{url}", "Fetches that failed by what this machine lacks, by reason; their URLs stay queued.");
        _meter.CreateObservableGauge("atlas.machine.waiting", () => look().WaitsForMachine ? 1 : 0, "1", "1 while nothing new is taken in because of that.");
        _meter.CreateObservableGauge("atlas.pressure", () => Levels(look().Pressure), "1", "Pressure on this machine, from 0 (none) to 3 (critical), by resource; without one, the highest.");
        _meter.CreateObservableCounter("atlas.pressure.time", () => SpentIn(look().Pressure), "s", "Time spent in each level of pressure.");
        _meter.CreateObservableGauge("atlas.fetch.concurrency", () => look().FetchLimit is { } limit ? [new Measurement<int>(limit)] : Array.Empty<Measurement<int>>(), "{url}", "Fetches that may be under way at the same time now.");
        _meter.CreateObservableCounter("atlas.errors.unexpected", () => look().UnexpectedErrors.Select(count => new Measurement<long>(count.Value, new KeyValuePair<string, object?>("type", count.Key))), "{error}", "Exceptions that nobody expected, by type; should be 0.");
        _meter.CreateObservableGauge("atlas.ledger.imbalance", () => look().Books.Balance ? 0 : 1, "1", "1 when the books do not balance; must be 0.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Items(RunSnapshot run)
    {
        foreach (var stage in run.Stages)
        {
            yield return new(stage.Forwarded, Stage(stage.Name), new("fate", "forward"));
            yield return new(stage.Dropped, Stage(stage.Name), new("fate", "drop"));
            yield return new(stage.Retried, Stage(stage.Name), new("fate", "retry"));
            yield return new(stage.Dead, Stage(stage.Name), new("fate", "dead_letter"));
        }
    }

    private static IEnumerable<Measurement<long>> Refetches(RefetchBooks refetches)
    {
        yield return new(refetches.NotModified, new KeyValuePair<string, object?>("outcome", "not_modified"));
        yield return new(refetches.Unchanged, new KeyValuePair<string, object?>("outcome", "unchanged"));
        yield return new(refetches.Changed, new KeyValuePair<string, object?>("outcome", "changed"));
        yield return new(refetches.Failed.Values.Sum(), new KeyValuePair<string, object?>("outcome", "failed"));
    }

    private static IEnumerable<Measurement<long>> ByReason(IReadOnlyDictionary<string, long> counts) =>
        counts.Select(count => new Measurement<long>(count.Value, new KeyValuePair<string, object?>("reason", count.Key)));

    private static IEnumerable<Measurement<int>> Levels(PressureState? pressure) => pressure is null
        ? []
        : pressure.ByResource.Select((level, i) => new Measurement<int>((int)level, new KeyValuePair<string, object?>("resource", ((Resource)i).Word()))).Prepend(new Measurement<int>((int)pressure.Level));

    private static IEnumerable<Measurement<double>> SpentIn(PressureState? pressure) => pressure is null
        ? []
        : pressure.Spent.Select((time, i) => new Measurement<double>(time.TotalSeconds, new KeyValuePair<string, object?>("level", ((PressureLevel)i).Word())));

    private static KeyValuePair<string, object?> Stage(string name) => new("stage", name);
}
