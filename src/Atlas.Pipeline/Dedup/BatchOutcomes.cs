namespace Atlas.Pipeline.Dedup;

/// <summary>What became of the keys of the one batch that is inside the index.</summary>
internal sealed class BatchOutcomes
{
    /// <summary>By place in the batch: whether the key was created.</summary>
    public bool[] Created { get; } = new bool[UrlBatch.MaxRows];

    /// <summary>By place in the batch: the value of the key that was read, or <see cref="ISeenStore.Unknown"/>.</summary>
    public long[] Above { get; } = new long[UrlBatch.MaxRows];

    /// <summary>Set when an operation that waited for the disk failed.</summary>
    public bool HasFailed { get; set; }
}
