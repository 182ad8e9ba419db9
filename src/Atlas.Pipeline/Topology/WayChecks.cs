namespace Atlas.Pipeline.Topology;

/// <summary>What the ways behind a shared output may not do. Everybody who takes an output gets every line, and one of these copies counts; the others are there to be written out.</summary>
internal sealed class WayChecks(IReadOnlyDictionary<Station, List<(Station Taker, Feed Feed)>> takers, Action<ScalarNode, string, string> report)
{
    /// <summary>Checks every output that more than one stage takes.</summary>
    /// <param name="order">Sources and stages, each behind those that feed it.</param>
    public void Check(IReadOnlyList<Station> order)
    {
        foreach (var giver in order)
        {
            foreach (var output in takers[giver].Where(taker => taker.Taker.Kind?.Takes is null or Port.Urls).GroupBy(taker => taker.Feed.Link.Output))
            {
                var ways = output.Select(taker => WaysFrom(giver, taker.Taker)).ToList();
                if (ways.Count > 1 && !MeetAgain(giver, ways, order))
                    CheckDedups(giver, ways, order);
            }
        }
    }

    /// <summary>Every station that lines get to behind a taker, with the station they come from on the shortest way.</summary>
    private Dictionary<Station, Station> WaysFrom(Station giver, Station taker)
    {
        var before = new Dictionary<Station, Station> { [taker] = giver };
        var next = new Queue<Station>([taker]);
        while (next.TryDequeue(out var at))
        {
            foreach (var (further, _) in at.Kind?.Gives is null or Port.Urls ? takers[at] : [])
            {
                if (before.TryAdd(further, at))
                    next.Enqueue(further);
            }
        }

        return before;
    }

    /// <summary>Reports the first station where two of the ways meet: a batch that counts and its copy would both come to it, and only one of them is taken for what it is.</summary>
    private bool MeetAgain(Station giver, List<Dictionary<Station, Station>> ways, IReadOnlyList<Station> order)
    {
        foreach (var station in order)
        {
            var meeting = ways.Where(way => way.ContainsKey(station)).Select(way => (Way: way, At: FeedOf(station, way[station])))
                .OrderBy(way => (way.At.Line, way.At.Column)).ToList();
            if (meeting.Count < 2)
                continue;

            report(meeting[1].At, $"{station.Path}.from", $"the ways {Words(giver, station, meeting[0].Way)} and {Words(giver, station, meeting[1].Way)} part at '{giver.Name}' and meet again here: every line would come twice and only one copy would count. Set the stages one behind the other, or part the lines with a route stage, which sends each of them one way.");
            return true;
        }

        return false;
    }

    /// <summary>A dedup lets side copies pass, since they must not use up the key of the line they are a copy of: on a second way it would do nothing.</summary>
    private void CheckDedups(Station giver, List<Dictionary<Station, Station>> ways, IReadOnlyList<Station> order)
    {
        var dedups = ways.Select(way => order.FirstOrDefault(station => way.ContainsKey(station) && station.Kind?.Role == StageRole.Dedup)).OfType<Station>().ToList();
        foreach (var another in dedups.Skip(1))
            report(another.Key, another.Path, $"the same lines go from '{giver.Name}' to '{dedups[0].Name}' as well, and a line counts on one way only: this dedup would let everything through. Set one dedup in front of where the ways part, or give each way a pipeline of its own.");
    }

    private ScalarNode FeedOf(Station taker, Station giver) => takers[giver].First(link => link.Taker == taker).Feed.At;

    private static string Words(Station giver, Station end, Dictionary<Station, Station> way)
    {
        var names = new List<string>();
        for (var at = end; at != giver; at = way[at])
            names.Add(at.Name);
        names.Add(giver.Name);
        names.Reverse();
        return string.Join(" -> ", names);
    }
}
