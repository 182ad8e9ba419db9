namespace Atlas.Pipeline.Fetch;

/// <summary>Watches the fetch of a robots.txt: any redirect is followed, to other hosts as well (RFC 9309, 2.3.1.2).</summary>
internal sealed class RobotsHops : IHops
{
    private string? _host;

    /// <summary>Whether a redirect has led to another host.</summary>
    public bool AreElsewhere { get; private set; }

    public ValueTask MayAskAsync(Uri hop, CancellationToken cancel)
    {
        _host ??= hop.Authority;
        AreElsewhere = hop.Authority != _host;
        return ValueTask.CompletedTask;
    }

    public void Answered()
    {
    }

    public bool Follows(Uri from, Uri to) => true;
}
