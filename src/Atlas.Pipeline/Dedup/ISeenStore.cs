namespace Atlas.Pipeline.Dedup;

/// <summary>The exact memory of every key ever seen. The first to add a key wins.</summary>
internal interface ISeenStore : IDisposable
{
    /// <summary>What <see cref="Find"/> says of a key that nobody has added.</summary>
    const long Unknown = -1;

    /// <summary>Adds each key unless it is there, in order; a key that stands twice in one call is new only the first time.</summary>
    /// <param name="keys">At most <see cref="UrlBatch.MaxRows"/> keys.</param>
    /// <param name="isNew">For each key, whether this call added it.</param>
    void AddIfAbsent(ReadOnlySpan<UInt128> keys, Span<bool> isNew);

    /// <summary>Says of each key whether it is known, and if so from where on the ledger has its row: above a sequence number that was durable when the key was decided on, and near it. 0 where the store does not know better.</summary>
    /// <param name="keys">At most <see cref="UrlBatch.MaxRows"/> keys.</param>
    /// <param name="above">For each key the number, or <see cref="Unknown"/>.</param>
    void Find(ReadOnlySpan<UInt128> keys, Span<long> above);

    /// <summary>Keys known.</summary>
    long Count { get; }
}
