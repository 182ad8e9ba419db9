namespace Atlas.Pipeline.Fetch;

/// <summary>A fetch that ended without a document, with its reason. It stays inside the stage, where it becomes a verdict.</summary>
internal class FetchFailedException(Reason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public Reason Reason { get; } = reason;

    /// <summary>How long the host asked us to wait, if it did.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
