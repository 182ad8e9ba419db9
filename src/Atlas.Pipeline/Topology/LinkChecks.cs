namespace Atlas.Pipeline.Topology;

/// <summary>What only the links as a whole can get wrong. Links to what is unknown are reported once and then left out, so that one slip makes one message.</summary>
internal sealed class LinkChecks
{
    private readonly string _file;
    private readonly List<Mistake> _mistakes;
    private readonly List<Station> _sources;
    private readonly List<Station> _stages;
    private readonly Dictionary<string, Station> _byName = new(StringComparer.Ordinal);

    /// <summary>The links between known stations, by who takes.</summary>
    private readonly Dictionary<Station, List<(Station Giver, Feed Feed)>> _givers = [];

    /// <summary>The same links, by who gives.</summary>
    private readonly Dictionary<Station, List<(Station Taker, Feed Feed)>> _takers = [];

    /// <summary>Names that a mistyped one may have meant.</summary>
    private readonly HashSet<string> _maybeMeant = new(StringComparer.Ordinal);

    public LinkChecks(string file, List<Station> sources, List<Station> stages, List<Mistake> mistakes)
    {
        _file = file;
        _sources = sources;
        _stages = stages;
        _mistakes = mistakes;
    }

    /// <summary>Checks all; returns the stages so that each stands after those that feed it (without those in a cycle).</summary>
    public List<Station> Check(bool hasState)
    {
        AddStations();
        CheckOnlyOnes();
        CheckPlaces();
        CheckWaysBack();
        foreach (var stage in _stages)
        {
            foreach (var feed in stage.From)
                CheckFeed(stage, feed);
        }

        var order = Sort();
        foreach (var station in _sources.Concat(_stages))
            CheckOutputs(station);
        var before = _mistakes.Count;
        new BufferChecks(_givers, _takers, Report).Check(_stages, order, hasState);

        // A way that lacks a stage often is a short cut past it: one message for that is enough.
        if (order.Count == _stages.Count && _mistakes.Count == before)
            new WayChecks(_takers, Report).Check([.. _sources, .. order]);
        return order;
    }

    private void AddStations()
    {
        foreach (var station in _sources.Concat(_stages))
        {
            _givers[station] = [];
            _takers[station] = [];
            if (!_byName.TryAdd(station.Name, station))
                Report(station.Key, station.Path, $"the name is taken by the source in line {_byName[station.Name].Key.Line}; give one of them another name.");
        }
    }

    private void CheckOnlyOnes()
    {
        foreach (var alike in _sources.Concat(_stages).Where(station => station.Kind is { IsTheOnlyOne: true }).GroupBy(station => station.Kind!.Word))
        {
            foreach (var station in alike.Skip(1))
                Report(station.Key, station.Path, $"there can be one '{alike.Key}' only, and '{alike.First().Name}' is it; let the stages it feeds name that one.");
        }
    }

    private void CheckPlaces()
    {
        var writers = _stages.Select(stage => (Stage: stage, Place: stage.Kind?.WritesTo?.Invoke(stage.Options))).Where(writer => writer.Place is not null);
        foreach (var alike in writers.GroupBy(writer => writer.Place))
        {
            var first = alike.First().Stage;
            foreach (var (station, _) in alike.Skip(1))
                Report(station.Key, $"{station.Path}.to", $"'{first.Name}' writes to the same place, and two would tear each other's lines: let '{first.Name}' take what both take, or write to another file.");
        }
    }

    /// <summary>What a stage leaves in the ledger must be read, and a source that reads there needs one.</summary>
    private void CheckWaysBack()
    {
        foreach (var stage in _stages)
        {
            if (stage.Kind?.ComesBackBy is { } source && !_sources.Exists(other => other.Kind?.Word == source))
                Report(stage.Key, stage.Path, $"nobody reads what it finds: add a source, as links: {{ type: {source} }}, and name it in the from of normalize.");
        }

        foreach (var source in _sources)
        {
            if (source.Kind is { NeedsLedger: true } && !_stages.Exists(stage => stage.Kind is null or { Role: StageRole.Buffer }))
                Report(source.Key, source.Path, "reads from the ledger, and without a buffer stage there is none.");
        }
    }

    private void CheckFeed(Station taker, Feed feed)
    {
        var path = $"{taker.Path}.from";
        if (!_byName.TryGetValue(feed.Link.From, out var giver))
        {
            var guess = feed.At.IsSecret ? "" : DidYouMean.Among(feed.Link.From, _byName.Keys);
            foreach (var name in _byName.Keys)
            {
                if (guess.Contains($"'{name}'", StringComparison.Ordinal))
                    _maybeMeant.Add(name);
            }

            var shown = feed.At.IsSecret ? "as the secret says" : $"'{feed.Link.From}'";
            Report(feed.At, path, $"no source or stage is called {shown}.{guess} Here: {string.Join(", ", _byName.Keys)}.");
            return;
        }

        if (giver.Kind is not null && feed.Link.Output is { } output && !giver.NamedOutputs.Contains(output))
        {
            var outputs = giver.NamedOutputs;
            foreach (var name in outputs)
                _maybeMeant.Add($"{giver.Name}.{name}");
            var there = outputs.Count == 0 ? " It has no named outputs." : $" Its outputs: {string.Join(", ", outputs)}.";
            Report(feed.At, path, $"'{giver.Name}' has no output '{(feed.At.IsSecret ? "a secret" : output)}'.{(feed.At.IsSecret ? "" : DidYouMean.Among(output, outputs))}{there}");
            return;
        }

        _givers[taker].Add((giver, feed));
        _takers[giver].Add((taker, feed));
        if (giver.Kind is null || taker.Kind is null || giver.Kind.Gives == taker.Kind.Takes)
            return;
        Report(feed.At, path, giver.Kind.Gives == Port.None
            ? $"'{giver.Name}' gives nothing out; it is an end of the line."
            : $"'{taker.Name}' takes {WordsOf(taker.Kind.Takes)}, but '{giver.Name}' gives {WordsOf(giver.Kind.Gives)}.");
    }

    private void CheckOutputs(Station station)
    {
        if (station.Kind is not { } kind || kind.Gives == Port.None || kind.Role is StageRole.Buffer or StageRole.Fetch)
            return;

        var takers = _takers[station];
        if (!takers.Exists(taker => taker.Feed.Link.Output is null) && !_maybeMeant.Contains(station.Name))
            Report(station.Key, station.Path, "nobody takes what it gives; name it in the from of a stage.");
        foreach (var output in station.NamedOutputs)
        {
            if (!takers.Exists(taker => taker.Feed.Link.Output == output) && !_maybeMeant.Contains($"{station.Name}.{output}"))
                Report(station.Key, station.Path, $"nobody takes its output '{output}'; name '{station.Name}.{output}' in the from of a stage.");
        }
    }

    private List<Station> Sort()
    {
        var waiting = _stages.ToDictionary(stage => stage, stage => _givers[stage].Count(link => !link.Giver.IsSource));
        var ready = new Queue<Station>(_stages.Where(stage => waiting[stage] == 0));
        var order = new List<Station>();
        while (ready.TryDequeue(out var stage))
        {
            order.Add(stage);
            foreach (var (taker, _) in _takers[stage])
            {
                if (--waiting[taker] == 0)
                    ready.Enqueue(taker);
            }
        }

        if (order.Count < _stages.Count)
            ReportCycles(_stages.Where(stage => waiting[stage] > 0).ToHashSet());
        return order;
    }

    /// <summary>Each stage that could not be sorted has a giver that could not: walking back must come round.</summary>
    private void ReportCycles(HashSet<Station> unsorted)
    {
        var seen = new HashSet<Station>();
        foreach (var start in _stages.Where(unsorted.Contains))
        {
            var walk = new List<Station>();
            var at = start;
            while (seen.Add(at))
            {
                walk.Add(at);
                at = _givers[at].First(link => unsorted.Contains(link.Giver)).Giver;
            }

            var entered = walk.IndexOf(at);
            if (entered < 0)
                continue;

            // The walk went against the flow, so the cycle reads backwards from where it closed.
            var cycle = walk[entered..];
            var first = cycle.MinBy(stage => (stage.Key.Line, stage.Key.Column))!;
            cycle.Reverse();
            var turn = cycle.IndexOf(first);
            var names = cycle[turn..].Concat(cycle[..turn]).Append(first).Select(stage => stage.Name);
            var feed = _givers[first].First(link => unsorted.Contains(link.Giver) && cycle.Contains(link.Giver)).Feed;
            Report(feed.At, $"{first.Path}.from", $"the stages feed one another in a circle: {string.Join(" -> ", names)}.");
        }
    }

    private void Report(ScalarNode at, string path, string message) => _mistakes.Add(new Mistake(_file, at.Line, at.Column, path, message));

    private static string WordsOf(Port port) => port switch
    {
        Port.Urls => "lines",
        Port.Work => "work items",
        Port.Documents => "fetched documents",
        _ => "nothing",
    };
}
