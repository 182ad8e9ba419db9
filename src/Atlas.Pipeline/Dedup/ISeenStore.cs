namespace Atlas.Pipeline.Dedup;

/// <summary>The exact memory of every key ever seen. The first to add a key wins.</summary>
internal interface ISeenStore : IDisposable
{
    /// <summary>Adds each key unless it is there, in order; a key that stands twice in one call is new only the first time.</summary>
    /// <param name="keys">At most <see cref="UrlBatch.MaxRows"/> keys.</param>
    /// <param name="isNew">For each key, whether this call added it.</param>
    void AddIfAbsent(ReadOnlySpan<UInt128> keys, Span<bool> isNew);

    /// <summary>Keys known.</summary>
    long Count { get; }
}
