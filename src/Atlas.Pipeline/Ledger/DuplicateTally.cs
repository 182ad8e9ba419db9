using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>Counts duplicates by source and kind, all of them, and by host, the worst. Allocates nothing per line.</summary>
/// <remarks>
/// One caller counts. <see cref="WorstHosts"/> may be asked from any thread: the lock covers the hosts.
/// Of the hosts, every duplicate is looked at up to <see cref="LookedAtEach"/>; from there on one line in <see cref="SampledFrom"/> on average, chosen at random, and a duplicate among these counts for as many.
/// </remarks>
internal sealed class DuplicateTally
{
    /// <summary>Hosts held: a count is too high by 1/512 of all duplicates at most, by far less in practice.</summary>
    public const int Hosts = 512;

    /// <summary>Duplicates of which every host is looked at.</summary>
    public const long LookedAtEach = 65_536;

    /// <summary>Of how many one is looked at after these.</summary>
    public const int SampledFrom = 64;

    private readonly Lock _gate = new();
    private readonly HeavyHitters _hosts = new(Hosts);
    private readonly Dictionary<string, SourceTally> _sources = new(StringComparer.Ordinal);
    private long _lookedAt;

    /// <summary>The next line to be looked at, from the start of the next batch.</summary>
    private int _nextRow;
    private uint _chance = 0x9E37_79B9;

    /// <summary>The counters of one source; the same object at every call.</summary>
    public SourceTally Of(string source)
    {
        if (!_sources.TryGetValue(source, out var tally))
            _sources[source] = tally = new SourceTally();
        return tally;
    }

    /// <summary>Counts a batch.</summary>
    /// <param name="source">Its source's counters.</param>
    /// <param name="batch">A batch that counts in the books.</param>
    /// <param name="duplicates">How many there are in it.</param>
    public void Count(SourceTally source, UrlBatch batch, int duplicates)
    {
        source.Received += batch.Count;
        if (duplicates == 0)
            return;

        var byKind = source.ByKind;
        foreach (ref readonly var row in batch.ActiveRows)
        {
            if (row.Fate == Fate.Drop)
                byKind[DuplicateKind.Of(row.Applied)]++;
        }

        lock (_gate)
            CountHosts_Locked(batch);
    }

    /// <summary>What was counted by now, by source.</summary>
    public ImmutableArray<SourceDuplicates> BySource() =>
        [.. _sources.Select(source => new SourceDuplicates(source.Key, source.Value.Received, [.. source.Value.ByKind]))];

    public WorstHosts WorstHosts(int most)
    {
        lock (_gate)
            return new WorstHosts(_hosts.Top(most), _hosts.MostMissed, IsSampled: _lookedAt > LookedAtEach);
    }

    /// <summary>What was counted before and here as one, with all hosts that it holds.</summary>
    public HeavyHitters HostsAddedTo(HeavyHitters before)
    {
        lock (_gate)
            return HeavyHitters.Merge(before, _hosts, Hosts);
    }

    /// <summary>Steps from line to line, so that those in between cost nothing.</summary>
    private void CountHosts_Locked(UrlBatch batch)
    {
        var rows = batch.ActiveRows;
        for (; _nextRow < rows.Length; _nextRow += _lookedAt < LookedAtEach ? 1 : NextGap())
        {
            ref readonly var row = ref rows[_nextRow];
            if (row.Fate != Fate.Drop)
                continue;
            var weight = _lookedAt++ < LookedAtEach ? 1 : SampledFrom;
            if (row.HostLength > 0)
                _hosts.Add(batch.HostOf(row), weight);
        }

        _nextRow -= rows.Length;
    }

    /// <summary>From 1 to 127, all alike: 64 on average, and no list repeats itself in the same steps.</summary>
    private int NextGap()
    {
        _chance ^= _chance << 13;
        _chance ^= _chance >> 17;
        _chance ^= _chance << 5;
        return 1 + (int)((ulong)_chance * (2 * SampledFrom - 1) >> 32);
    }

    /// <summary>The counters of one source. Its counter's caller alone.</summary>
    internal sealed class SourceTally
    {
        public long Received { get; set; }

        /// <summary>Duplicates by the number of their kind.</summary>
        public long[] ByKind { get; } = new long[DuplicateKind.Count];
    }
}
