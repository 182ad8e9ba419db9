namespace Atlas.Pipeline.Fetch;

/// <summary>Watches the requests of one fetch.</summary>
internal interface IHops
{
    /// <summary>Called before each request; throws <see cref="FetchFailedException"/> to refuse it.</summary>
    ValueTask MayAskAsync(Uri hop, CancellationToken cancel);

    /// <summary>Called when the head of an answer has come.</summary>
    void Answered();

    /// <summary>Whether the fetch goes on to where the answer leads. If not, it ends without a document.</summary>
    /// <param name="from">What was asked for.</param>
    /// <param name="to">Absolute, http or https.</param>
    bool Follows(Uri from, Uri to);
}
