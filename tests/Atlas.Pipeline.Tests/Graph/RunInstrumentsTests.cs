using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Pressure;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>What docs/adr/0001-instruments-from-the-runtime.md promises to whoever listens.</summary>
public sealed class RunInstrumentsTests
{
    private static readonly Dictionary<string, string> Promised = new()
    {
        ["atlas.stage.items"] = "{url}",
        ["atlas.stage.busy"] = "s",
        ["atlas.edge.depth"] = "{message}",
        ["atlas.edge.capacity"] = "{message}",
        ["atlas.buffer.items"] = "{url}",
        ["atlas.buffer.remembered"] = "{url}",
        ["atlas.buffer.hosts"] = "{host}",
        ["atlas.ledger.received"] = "{url}",
        ["atlas.ledger.admitted"] = "{url}",
        ["atlas.ledger.duplicates"] = "{url}",
        ["atlas.ledger.rejected"] = "{url}",
        ["atlas.ledger.dead"] = "{url}",
        ["atlas.ledger.queued"] = "{url}",
        ["atlas.ledger.done"] = "{url}",
        ["atlas.ledger.aliases"] = "{url}",
        ["atlas.ledger.redirect_targets"] = "{url}",
        ["atlas.refetch.documents"] = "{document}",
        ["atlas.refetch.failed"] = "{document}",
        ["atlas.refetch.waiting"] = "{document}",
        ["atlas.ledger.imbalance"] = "1",
        ["atlas.admission.batch"] = "{url}",
        ["atlas.admission.commit"] = "s",
        ["atlas.disk.free"] = "By",
        ["atlas.disk.waiting"] = "1",
        ["atlas.machine.failures"] = "{url}",
        ["atlas.machine.waiting"] = "1",
        ["atlas.errors.unexpected"] = "{error}",
        ["atlas.pressure"] = "1",
        ["atlas.pressure.time"] = "s",
        ["atlas.fetch.concurrency"] = "{url}",
    };

    [Fact]
    public void All_are_on_the_engines_meter_with_the_promised_names_and_units()
    {
        using var instruments = new RunInstruments(Look, new SlowClock());

        var published = PublishedBy(instruments);

        Assert.Equal(Promised, published.ToDictionary(instrument => instrument.Name, instrument => instrument.Unit!));
        Assert.All(published, instrument => Assert.Equal("Atlas.Pipeline", instrument.Meter.Name));
        Assert.All(published, instrument => Assert.True(instrument.IsObservable));
        Assert.All(published, instrument => Assert.False(string.IsNullOrEmpty(instrument.Description)));
    }

    [Fact]
    public void They_carry_the_runs_figures()
    {
        using var instruments = new RunInstruments(Look, new SlowClock());

        Assert.Equal(
            [
                "atlas.admission.batch = 512",
                "atlas.admission.commit = 0.25",
                "atlas.buffer.hosts = 3",
                "atlas.buffer.items = 5",
                "atlas.buffer.remembered = 9",
                "atlas.disk.free = 7000",
                "atlas.disk.waiting = 1",
                "atlas.edge.capacity{stage=dedup} = 8",
                "atlas.edge.depth{stage=dedup} = 3",
                "atlas.errors.unexpected{type=NotSupportedException} = 2",
                "atlas.fetch.concurrency = 64",
                "atlas.ledger.admitted = 60",
                "atlas.ledger.aliases = 7",
                "atlas.ledger.dead{reason=http_404} = 4",
                "atlas.ledger.done = 50",
                "atlas.ledger.duplicates = 30",
                "atlas.ledger.imbalance = 0",
                "atlas.ledger.queued = 6",
                "atlas.ledger.received = 100",
                "atlas.ledger.redirect_targets = 5",
                "atlas.ledger.rejected{reason=malformed} = 10",
                "atlas.machine.failures{reason=no_handles} = 3",
                "atlas.machine.waiting = 1",
                "atlas.pressure = 2",
                "atlas.pressure.time{level=critical} = 0",
                "atlas.pressure.time{level=high} = 2",
                "atlas.pressure.time{level=moderate} = 1",
                "atlas.pressure.time{level=none} = 9",
                "atlas.pressure{resource=cpu} = 0",
                "atlas.pressure{resource=disk} = 0",
                "atlas.pressure{resource=handles} = 0",
                "atlas.pressure{resource=memory} = 2",
                "atlas.pressure{resource=pool_delay_ms} = 1",
                "atlas.refetch.documents{outcome=changed} = 3",
                "atlas.refetch.documents{outcome=failed} = 4",
                "atlas.refetch.documents{outcome=not_modified} = 1",
                "atlas.refetch.documents{outcome=unchanged} = 2",
                "atlas.refetch.failed{reason=http_410} = 4",
                "atlas.refetch.waiting = 5",
                "atlas.stage.busy{stage=dedup} = 2.5",
                "atlas.stage.items{stage=dedup,fate=dead_letter} = 10",
                "atlas.stage.items{stage=dedup,fate=drop} = 30",
                "atlas.stage.items{stage=dedup,fate=forward} = 60",
                "atlas.stage.items{stage=dedup,fate=retry} = 0",
            ],
            MeasuredBy(instruments).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void After_the_run_nothing_is_published_any_more()
    {
        var instruments = new RunInstruments(Look, new SlowClock());
        instruments.Dispose();

        Assert.Empty(PublishedBy(instruments));
    }

    private static RunSnapshot Look()
    {
        var dedup = new StageMeter("dedup", "dedup");
        dedup.Count(taken: 100, forwarded: 60, dropped: 30, dead: 10, busyTicks: 25);
        return new RunSnapshot
        {
            Pipeline = "crawl",
            Elapsed = TimeSpan.FromSeconds(9),
            Stages = [dedup],
            Edges = [new EdgeDepth("dedup", 3, 8)],
            Books = new Books
            {
                Received = 100,
                Admitted = 60,
                Duplicates = 30,
                Rejected = ImmutableSortedDictionary<string, long>.Empty.Add("malformed", 10),
                Queued = 6,
                Done = 50,
                Aliases = 7,
                RedirectTargets = 5,
                Dead = ImmutableSortedDictionary<string, long>.Empty.Add("http_404", 4),
                Refetches = new RefetchBooks { Taken = 15, NotModified = 1, Unchanged = 2, Changed = 3, Failed = ImmutableSortedDictionary<string, long>.Empty.Add("http_410", 4), Waiting = 5 },
            },
            Buffered = 5,
            Remembered = 9,
            Hosts = 3,
            Commits = new CommitPace(512, TimeSpan.FromMilliseconds(250), 3, 100, TimeSpan.FromMilliseconds(200)),
            WaitsForDisk = true,
            DiskFreeBytes = 7_000,
            WaitsForMachine = true,
            FetchLimit = 64,
            Pressure = new PressureState(
                PressureLevel.High,
                PressureLevel.High,
                [PressureLevel.None, PressureLevel.High, PressureLevel.None, PressureLevel.None, PressureLevel.Moderate],
                new ResourceReading(Memory: 93),
                [TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.Zero]),
            LocalFailures = ImmutableDictionary<string, long>.Empty.Add("no_handles", 3),
            UnexpectedErrors = ImmutableDictionary<string, long>.Empty.Add("NotSupportedException", 2),
        };
    }

    private static List<Instrument> PublishedBy(RunInstruments instruments)
    {
        var published = new List<Instrument>();
        using var listener = ListenTo(instruments, published.Add);
        return published;
    }

    private static List<string> MeasuredBy(RunInstruments instruments)
    {
        var measured = new List<string>();
        using var listener = ListenTo(instruments, _ => { });
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => measured.Add(Shown(instrument, value, tags)));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Add(Shown(instrument, value, tags)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Add(Shown(instrument, value, tags)));
        listener.RecordObservableInstruments();
        return measured;
    }

    // Other tests run pipelines of their own in this process, and listeners hear everybody.
    private static MeterListener ListenTo(RunInstruments instruments, Action<Instrument> see)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope != instruments)
                    return;
                see(instrument);
                listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.Start();
        return listener;
    }

    private static string Shown(Instrument instrument, IFormattable value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var named = new List<string>();
        foreach (var tag in tags)
            named.Add($"{tag.Key}={tag.Value}");
        return $"{instrument.Name}{(named.Count > 0 ? $"{{{string.Join(',', named)}}}" : "")} = {value.ToString(null, System.Globalization.CultureInfo.InvariantCulture)}";
    }

    /// <summary>Ten ticks a second, unlike the system's clock.</summary>
    private sealed class SlowClock : TimeProvider
    {
        public override long TimestampFrequency => 10;
    }
}
