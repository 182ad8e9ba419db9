using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>Counts duplicates by source and kind, all of them, and by host, the worst. Allocates nothing per line.</summary>
/// <remarks>
/// One caller counts. <see cref="WorstHosts"/> may be asked from any thread: the lock covers the hosts.
/// Of the hosts, every duplicate is looked at up to <see cref="LookedAtEach"/>; from there on one in <see cref="SampledFrom"/> on average, chosen at random, which counts for as many.
/// </remarks>
internal sealed class DuplicateTally
{
    /// <summary>Hosts held: a count is too high by 1/512 of all duplicates at most, by far less in practice.</summary>
    public const int Hosts = 512;

    /// <summary>Duplicates of which every host is looked at.</summary>
    public const long LookedAtEach = 65_536;

    /// <summary>Of how many one is looked at after these.</summary>
    public const int SampledFrom = 32;

    private readonly Lock _gate = new();
    private readonly HeavyHitters _hosts = new(Hosts);
    private readonly Dictionary<string, SourceTally> _sources = new(StringComparer.Ordinal);
    private long _lookedAt;
    private int _untilNext = 1;
    private uint _chance = 0x9E37_79B9;

    /// <summary>The counters of one source; the same object at every call.</summary>
    public SourceTally Of(string source)
    {
        if (!_sources.TryGetValue(source, out var tally))
            _sources[source] = tally = new SourceTally();
        return tally;
    }

    /// <summary>Counts a duplicate.</summary>
    public void Count(SourceTally source, UrlBatch batch, in UrlRow row)
    {
        source.ByKind[DuplicateKind.Of(row.Applied)]++;
        if (--_untilNext == 0)
            Look(batch.HostOf(row));
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

    private void Look(ReadOnlySpan<byte> host)
    {
        var isEach = _lookedAt++ < LookedAtEach;
        lock (_gate)
        {
            if (!host.IsEmpty)
                _hosts.Add(host, isEach ? 1 : SampledFrom);
        }

        _untilNext = _lookedAt < LookedAtEach ? 1 : NextGap();
    }

    /// <summary>From 1 to 63, all alike: 32 on average, and no list repeats itself in the same steps.</summary>
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
