using System.Text;

namespace Atlas.Pipeline.Route;

/// <summary>Which rows go to one named output. Every condition that is given must hold; one that is not given holds always.</summary>
internal sealed record RouteMatch
{
    /// <summary>The output's name.</summary>
    public required string Output { get; init; }

    public IReadOnlyList<ProcessingStrategy>? Strategies { get; init; }

    /// <summary>Schemes in lower case, without the colon.</summary>
    public IReadOnlyList<byte[]>? Schemes { get; init; }

    /// <summary>Hosts in lower case; one that begins with <c>*.</c> stands for all hosts below it. A port must be given to be compared.</summary>
    public IReadOnlyList<byte[]>? Hosts { get; init; }

    /// <summary>Whether the row must have been refused, or must not; null when it does not matter.</summary>
    public bool? Rejected { get; init; }

    public bool Matches(UrlBatch batch, in UrlRow row)
    {
        if (Rejected is { } rejected && rejected != (row.Fate == Fate.DeadLetter))
            return false;
        return (Strategies is null || HasStrategy(row))
            && (Schemes is null || HasScheme(row.CanonicalLength > 0 ? batch.CanonicalOf(row) : batch.TextOf(row)))
            && (Hosts is null || HasHost(batch.HostOf(row)));
    }

    // A line that was refused before it was classified has the default strategy, which is no decision.
    private bool HasStrategy(in UrlRow row)
    {
        if (row.Strategy == ProcessingStrategy.HttpContent && row.CanonicalLength == 0)
            return false;
        foreach (var strategy in Strategies!)
        {
            if (strategy == row.Strategy)
                return true;
        }

        return false;
    }

    private bool HasScheme(ReadOnlySpan<byte> url)
    {
        var colon = url.IndexOf((byte)':');
        if (colon < 0)
            return false;
        foreach (var scheme in Schemes!)
        {
            if (Ascii.EqualsIgnoreCase(url[..colon], scheme))
                return true;
        }

        return false;
    }

    private bool HasHost(ReadOnlySpan<byte> hostKey)
    {
        if (hostKey.IsEmpty)
            return false;
        var port = hostKey.LastIndexOf((byte)':');
        var isPort = port > hostKey.LastIndexOf((byte)']');
        var host = isPort ? hostKey[..port] : hostKey;
        foreach (var wanted in Hosts!)
        {
            var holds = wanted.AsSpan().StartsWith("*."u8)
                ? host.Length >= wanted.Length && host.EndsWith(wanted.AsSpan(1))
                : host.SequenceEqual(wanted) || hostKey.SequenceEqual(wanted);
            if (holds)
                return true;
        }

        return false;
    }
}
