namespace Atlas.Pipeline.Classify;

/// <summary>Says what becomes of each URL and how urgent it is. Stateless: calls on different batches may run in parallel.</summary>
/// <remarks>Looks at canonical forms alone, so it stands after <c>normalize</c>.</remarks>
internal sealed class ClassifyStage(ClassifyOptions options) : IBatchStage
{
    private readonly ClassifyRule[] _rules = [.. options.Rules];

    public bool NeverWaits => true;

    public ValueTask ProcessAsync(UrlBatch batch)
    {
        foreach (ref var row in batch.ActiveRows)
        {
            if (row.Fate == Fate.Forward)
                Classify(batch, ref row);
        }

        return ValueTask.CompletedTask;
    }

    private void Classify(UrlBatch batch, ref UrlRow row)
    {
        var url = batch.CanonicalOf(row);
        var colon = Math.Max(url.IndexOf((byte)':'), 0);
        var path = row.HostLength > 0 ? url[(row.HostStart - row.CanonicalStart + row.HostLength)..] : url[Math.Min(colon + 1, url.Length)..];
        var end = path.IndexOfAny((byte)'?', (byte)'#');
        if (end >= 0)
            path = path[..end];

        var byScheme = row.HostLength > 0 ? ProcessingStrategy.HttpContent
            : url[..colon].SequenceEqual("file"u8) ? ProcessingStrategy.FileLocal
            : ProcessingStrategy.Unsupported;
        row.Strategy = byScheme;
        row.Priority = PriorityClass.Normal;
        var host = WithoutPort(batch.HostOf(row));
        foreach (var rule in _rules)
        {
            if (!rule.Matches(url[..colon], host, path))
                continue;
            // Nothing but http and https can be fetched, whatever a rule says of it.
            if (rule.Strategy is { } strategy && (strategy != ProcessingStrategy.HttpContent || row.HostLength > 0))
                row.Strategy = strategy;
            row.Priority = rule.Priority;
            break;
        }

        switch (row.Strategy)
        {
            case ProcessingStrategy.FileLocal:
                row.Reject(Reason.SchemeFile);
                break;
            case ProcessingStrategy.Unsupported:
                row.Reject(Reason.SchemeUnsupported);
                break;
            case ProcessingStrategy.DeadLetter:
                row.Reject(Reason.RuledOut);
                break;
        }
    }

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> hostKey)
    {
        var colon = hostKey.LastIndexOf((byte)':');
        return colon < 0 || hostKey[^1] == ']' ? hostKey : hostKey[..colon];
    }
}
