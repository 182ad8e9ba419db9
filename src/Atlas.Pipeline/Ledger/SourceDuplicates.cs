using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>What one source brought, and what of it was known already.</summary>
/// <param name="Source">Its name in the YAML.</param>
/// <param name="Received">Lines.</param>
/// <param name="ByKind">Duplicates by the number of their <see cref="DuplicateKind"/>.</param>
internal sealed record SourceDuplicates(string Source, long Received, ImmutableArray<long> ByKind)
{
    public long Duplicates => ByKind.Sum();

    /// <summary>The kinds that there are, the most frequent first.</summary>
    public static IReadOnlyList<(string Kind, long Count)> Kinds(IEnumerable<SourceDuplicates> sources)
    {
        var sums = new long[DuplicateKind.Count];
        foreach (var source in sources)
        {
            for (var kind = 0; kind < sums.Length; kind++)
                sums[kind] += source.ByKind[kind];
        }

        return [.. sums.Select((count, kind) => (DuplicateKind.Names[kind], count)).Where(kind => kind.count > 0).OrderByDescending(kind => kind.count)];
    }

    /// <summary>Two lists as one, source by source.</summary>
    public static ImmutableArray<SourceDuplicates> Sum(ImmutableArray<SourceDuplicates> one, ImmutableArray<SourceDuplicates> other) =>
        other.IsEmpty ? one : [.. one.Concat(other).GroupBy(source => source.Source, StringComparer.Ordinal).Select(same =>
            new SourceDuplicates(same.Key, same.Sum(source => source.Received), [.. Enumerable.Range(0, DuplicateKind.Count).Select(kind => same.Sum(source => source.ByKind[kind]))]))];
}

/// <summary>The hosts with the most duplicates.</summary>
/// <param name="Hosts">The worst first.</param>
/// <param name="MostMissed">The most that a host can have which is not among those that are held.</param>
/// <param name="IsSampled">Whether not every duplicate was looked at: then all figures have a chance error too.</param>
internal sealed record WorstHosts(IReadOnlyList<HeavyHitter> Hosts, long MostMissed, bool IsSampled)
{
    public static WorstHosts None { get; } = new([], 0, false);

    /// <summary>Two lists of different lines as one.</summary>
    public WorstHosts AddedTo(WorstHosts other, int most) => other.Hosts.Count == 0 ? this : new(
        [.. Hosts.Concat(other.Hosts).GroupBy(host => host.Name, StringComparer.Ordinal).Select(same => new HeavyHitter(same.Key, same.Sum(host => host.Count), same.Sum(host => host.Error)))
            .OrderByDescending(host => host.Count).Take(most)],
        MostMissed + other.MostMissed,
        IsSampled || other.IsSampled);
}
