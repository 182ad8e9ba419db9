using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>What became of documents that were asked for again, in this run unless said. All counts are whole numbers of documents.</summary>
internal sealed record RefetchBooks
{
    /// <summary>Taken up because their last check was too long ago.</summary>
    public long Taken { get; init; }

    /// <summary>What earlier runs had taken up and not finished.</summary>
    public long Before { get; init; }

    /// <summary>The host said that they are what they were (304).</summary>
    public long NotModified { get; init; }

    /// <summary>The host gave them again, byte for byte.</summary>
    public long Unchanged { get; init; }

    /// <summary>The host gave something else: a new version is stored.</summary>
    public long Changed { get; init; }

    /// <summary>Asked for in vain, by reason: the document stays.</summary>
    public ImmutableSortedDictionary<string, long> Failed { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Queued or being fetched now.</summary>
    public long Waiting { get; init; }

    public bool IsEmpty => Taken == 0 && Before == 0 && Waiting == 0;

    /// <summary>All that were asked for, by what came of it; equal to <see cref="Taken"/> and <see cref="Before"/> together.</summary>
    public long Accounted => NotModified + Unchanged + Changed + Failed.Values.Sum() + Waiting;

    public bool Balance => Taken + Before == Accounted;
}
