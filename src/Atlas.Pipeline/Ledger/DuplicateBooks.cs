using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>What kinds of duplicates there were and where, over the ledger's life: a row of <c>counters</c> for each source and kind, and the worst hosts as one text in <c>meta</c>. The writer's thread alone, unless said otherwise.</summary>
/// <remarks>The counters are stored with the rows they count. The hosts are stored with the first commit after every four million duplicates and whenever everything is flushed, so a crash may cost what came since.</remarks>
internal sealed class DuplicateBooks
{
    private const string Received = "source_received";
    private const string KindPrefix = "duplicates_";
    private const string HostsName = "worst_hosts";
    private const long BetweenHosts = 1 << 22;

    private static readonly string[] CounterNames = [.. DuplicateKind.Names.Select(kind => KindPrefix + kind)];

    private readonly Dictionary<int, SourceCounters> _sources = [];
    private readonly List<SourceCounters> _order = [];
    private readonly IReadOnlyDictionary<string, SourceDuplicates> _before;
    private readonly HeavyHitters _hostsBefore;
    private readonly bool _wasSampled;
    private readonly SqlStatement _saveHosts;
    private readonly DuplicateTally _tally = new();
    private long _duplicates;
    private long _hostsSavedAt;

    public DuplicateBooks(SqlConnection connection)
    {
        (var sources, _hostsBefore, _wasSampled) = Load(connection);
        _before = sources.ToDictionary(source => source.Source, StringComparer.Ordinal);
        _saveHosts = connection.Prepare("INSERT INTO meta(name, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value");
    }

    /// <summary>What was counted in this run by now; replaced as a whole by those who publish.</summary>
    public ImmutableArray<SourceDuplicates> BySource() => _tally.BySource();

    /// <summary>Any thread: the worst hosts of this run.</summary>
    public WorstHosts WorstHosts(int most) => _tally.WorstHosts(most);

    /// <summary>What the ledger holds of all runs, from any connection.</summary>
    public static (ImmutableArray<SourceDuplicates> Sources, WorstHosts Hosts) Read(SqlConnection connection, int most)
    {
        var (sources, hosts, isSampled) = Load(connection);
        return (sources, new WorstHosts(hosts.Top(most), hosts.MostMissed, isSampled));
    }

    /// <summary>Counts a batch.</summary>
    /// <param name="id">The source's row in <c>sources</c>.</param>
    /// <param name="batch">A batch that counts in the books.</param>
    /// <param name="duplicates">How many there are in it.</param>
    public void Count(int id, UrlBatch batch, int duplicates)
    {
        if (!_sources.TryGetValue(id, out var source))
        {
            _sources[id] = source = new SourceCounters(id, _tally.Of(batch.Source), _before.GetValueOrDefault(batch.Source));
            _order.Add(source);
        }

        _tally.Count(source.Tally, batch, duplicates);
    }

    /// <summary>Writes what has changed; inside the transaction.</summary>
    /// <param name="save">Takes a counter's name, code and value.</param>
    /// <param name="duplicates">All that were ever counted.</param>
    public void Save(SqlStatement save, long duplicates)
    {
        foreach (var source in _order)
            source.Save(save);
        _duplicates = duplicates;
        if (_duplicates - _hostsSavedAt >= BetweenHosts)
            SaveHosts();
    }

    /// <summary>Writes the hosts as they are now; inside the transaction.</summary>
    public void SaveHosts()
    {
        _hostsSavedAt = _duplicates;
        var isSampled = _wasSampled || _tally.WorstHosts(0).IsSampled;
        var hosts = _tally.HostsAddedTo(_hostsBefore);
        if (hosts.Total == 0)
            return;
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{hosts.Total} {(isSampled ? "sampled" : "each")}");
        foreach (var host in hosts.Top(DuplicateTally.Hosts))
            text.Append(CultureInfo.InvariantCulture, $"\n{host.Name} {host.Count} {host.Error}");
        _saveHosts.Bind(1, HostsName).Bind(2, text.ToString()).Run();
    }

    private static (ImmutableArray<SourceDuplicates> Sources, HeavyHitters Hosts, bool IsSampled) Load(SqlConnection connection)
    {
        var found = new Dictionary<string, (long Received, long[] ByKind)>(StringComparer.Ordinal);
        var load = connection.Prepare("SELECT s.name, c.name, c.value FROM counters c JOIN sources s ON s.id = c.code ORDER BY s.id");
        while (load.Step())
        {
            var (source, counter, value) = (load.Text(0), load.Text(1), load.Int64(2));
            var (received, byKind) = found.GetValueOrDefault(source, (0, new long[DuplicateKind.Count]));
            if (counter == Received)
                received = value;
            else if (Array.IndexOf(CounterNames, counter) is var kind and >= 0)
                byKind[kind] = value;
            else
                continue;
            found[source] = (received, byKind);
        }

        load.Reset();
        var (hosts, isSampled) = Parse(connection.Text($"SELECT value FROM meta WHERE name = '{HostsName}'"));
        return ([.. found.Select(source => new SourceDuplicates(source.Key, source.Value.Received, [.. source.Value.ByKind]))], hosts, isSampled);
    }

    /// <summary>What <see cref="SaveHosts"/> wrote; a line that is not like that is left out, as nothing depends on it.</summary>
    private static (HeavyHitters Hosts, bool IsSampled) Parse(string text)
    {
        var lines = text.Split('\n');
        var head = lines[0].Split(' ');
        var total = long.TryParse(head[0], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        var hits = new Dictionary<string, HeavyHitter>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1).Take(DuplicateTally.Hosts))
        {
            if (line.Split(' ') is [var host, var count, var error] && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var times) && long.TryParse(error, NumberStyles.None, CultureInfo.InvariantCulture, out var off))
                hits[host] = new HeavyHitter(host, times, off);
        }

        return (HeavyHitters.Of(hits.Values, total, DuplicateTally.Hosts), head is [_, "sampled"]);
    }

    /// <summary>One source's counters as they were at the start, are now and were last stored.</summary>
    private sealed class SourceCounters(int id, DuplicateTally.SourceTally tally, SourceDuplicates? before)
    {
        private readonly long[] _stored = new long[DuplicateKind.Count];
        private long _storedReceived;

        public DuplicateTally.SourceTally Tally => tally;

        public void Save(SqlStatement save)
        {
            if (tally.Received != _storedReceived)
                Put(save, Received, (before?.Received ?? 0) + (_storedReceived = tally.Received));
            for (var kind = 0; kind < _stored.Length; kind++)
            {
                if (tally.ByKind[kind] != _stored[kind])
                    Put(save, CounterNames[kind], (before?.ByKind[kind] ?? 0) + (_stored[kind] = tally.ByKind[kind]));
            }
        }

        private void Put(SqlStatement save, string name, long value) => save.Bind(1, name).Bind(2, id).Bind(3, value).Run();
    }
}
