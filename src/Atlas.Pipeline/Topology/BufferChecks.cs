namespace Atlas.Pipeline.Topology;

/// <summary>What the ledger needs: one buffer, rows that are ready for it, and a chain behind it.</summary>
internal sealed class BufferChecks(
    IReadOnlyDictionary<Station, List<(Station Giver, Feed Feed)>> givers,
    IReadOnlyDictionary<Station, List<(Station Taker, Feed Feed)>> takers,
    Action<ScalarNode, string, string> report)
{
    private static readonly StageRole[] Needed = [StageRole.Normalize, StageRole.Classify, StageRole.Dedup];

    public void Check(IReadOnlyList<Station> stages, IReadOnlyList<Station> order, bool hasState)
    {
        var buffers = stages.Where(stage => stage.Kind?.Role == StageRole.Buffer).ToList();
        foreach (var another in buffers.Skip(1))
            report(another.Key, another.Path, $"a pipeline has at most one buffer, and '{buffers[0].Name}' is it.");
        if (buffers.Count > 0 && !hasState)
            report(buffers[0].Key, "state", $"is required and missing: the ledger of '{buffers[0].Name}' lives there, as 'state: ./state/crawl'.");
        if (buffers.Count > 0)
            CheckOneDedup(stages);
        foreach (var buffer in buffers)
            CheckNamedSources(buffer);
        CheckWays(order);
        foreach (var stage in stages)
            CheckChain(stage);
    }

    /// <summary>In front of a ledger there is one index of what was seen: a second stage on it would find everything known that the first let through.</summary>
    private void CheckOneDedup(IReadOnlyList<Station> stages)
    {
        var dedups = stages.Where(stage => stage.Kind?.Role == StageRole.Dedup).ToList();
        foreach (var another in dedups.Skip(1))
            report(another.Key, another.Path, $"a pipeline with a buffer has one dedup stage, and '{dedups[0].Name}' is it; feed that from all ways.");
    }

    private void CheckNamedSources(Station buffer)
    {
        var sources = givers.Keys.Where(station => station.IsSource).Select(source => source.Name).ToList();
        foreach (var named in buffer.Kind!.NamedSources?.Invoke(buffer.Options) ?? [])
        {
            if (!sources.Contains(named.Text))
                report(named, $"{buffer.Path}.weights.sources.{named.Text}", $"no source is called '{named.Text}'.{DidYouMean.Among(named.Text, sources)} Here: {string.Join(", ", sources)}.");
        }
    }

    /// <summary>How far along <see cref="Needed"/> the least prepared row is that leaves each station. More on the way never means less, so the least is enough to know.</summary>
    private void CheckWays(IReadOnlyList<Station> order)
    {
        var least = new Dictionary<Station, (int Passed, Station? Before)>();
        foreach (var source in givers.Keys.Where(station => station.IsSource))
            least[source] = (0, null);

        foreach (var stage in order)
        {
            var (passed, before) = (Needed.Length, (Station?)null);
            foreach (var (giver, feed) in givers[stage])
            {
                if (!least.TryGetValue(giver, out var way))
                    continue;
                if (way.Passed < passed)
                    (passed, before) = (way.Passed, giver);
                if (stage.Kind?.Role == StageRole.Buffer && way.Passed < Needed.Length && giver.Kind?.Gives == Port.Urls)
                {
                    var missing = Needed[way.Passed].ToString().ToLowerInvariant();
                    report(feed.At, $"{stage.Path}.from", $"lines must pass normalize, then classify, then dedup before the buffer; {missing} is missing on the way {WayTo(giver, least)} -> {stage.Name}.");
                }
            }

            if (stage.Kind is null)
                passed = Needed.Length;
            else if (passed < Needed.Length && stage.Kind.Role == Needed[passed])
                passed++;
            least[stage] = (passed, before);
        }
    }

    private static string WayTo(Station station, Dictionary<Station, (int Passed, Station? Before)> least)
    {
        var names = new List<string>();
        for (var at = station; at is not null; at = least[at].Before)
            names.Add(at.Name);
        names.Reverse();
        return string.Join(" -> ", names);
    }

    private void CheckChain(Station stage)
    {
        if (stage.Kind is not { } kind)
            return;

        if (kind.Takes is Port.Work or Port.Documents)
        {
            foreach (var (giver, feed) in givers[stage].Skip(1))
                report(feed.At, $"{stage.Path}.from", $"behind the buffer a stage has one feeder, and '{givers[stage][0].Giver.Name}' is it; remove '{giver.Name}'.");
        }

        if (kind.Gives is Port.Work or Port.Documents)
        {
            foreach (var (taker, feed) in takers[stage].Skip(1))
                report(feed.At, $"{taker.Path}.from", $"'{stage.Name}' already feeds '{takers[stage][0].Taker.Name}'; behind the buffer the stages stand in a chain.");
        }

        if (kind.Role == StageRole.Fetch && !HasPersistBehind(stage))
            report(stage.Key, stage.Path, "needs a persist stage behind it; what it fetches would be lost.");
    }

    private bool HasPersistBehind(Station fetch)
    {
        var seen = new HashSet<Station>();
        var next = new Queue<Station>([fetch]);
        while (next.TryDequeue(out var at))
        {
            if (!seen.Add(at))
                continue;

            // An unknown kind may have been meant as persist; it is reported already.
            if (at.Kind is null || at.Kind.Role == StageRole.Persist)
                return true;
            foreach (var (taker, _) in takers[at])
                next.Enqueue(taker);
        }

        return false;
    }
}
