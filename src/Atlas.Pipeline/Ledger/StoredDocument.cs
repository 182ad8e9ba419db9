namespace Atlas.Pipeline.Ledger;

/// <summary>What the ledger remembers of a fetched document.</summary>
internal sealed record StoredDocument
{
    /// <summary>In hex, lower case.</summary>
    public required string ContentId { get; init; }

    /// <summary>As it was given.</summary>
    public required string Url { get; init; }

    /// <summary>Host and, unless default, port of <see cref="Url"/>.</summary>
    public required string HostKey { get; init; }

    /// <summary>The URL that answered: where it differs from <see cref="Url"/> in more than its spelling, another one of the same key.</summary>
    public required string FinalUrl { get; init; }

    public required int Status { get; init; }

    /// <summary>As sent, or empty.</summary>
    public string ContentType { get; init; } = "";

    public string? ETag { get; init; }

    public DateTimeOffset? LastModified { get; init; }

    /// <summary>32 bytes.</summary>
    public required byte[] BodySha256 { get; init; }

    public required BodyPlace Body { get; init; }

    /// <summary>Where what was said around the body lies; of length 0 if there is nothing.</summary>
    public BodyPlace Exchange { get; init; }

    /// <summary>When the body's last byte had come.</summary>
    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>When its host has last confirmed it, asked again; null if it has not, or was not asked.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>When another body took its place; null for a document as it is now.</summary>
    public DateTimeOffset? ReplacedAt { get; init; }

    /// <summary>From sending the request to the body's last byte.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>When it began to be fetched.</summary>
    public DateTimeOffset StartedAt => Elapsed.Ticks <= FetchedAt.UtcTicks ? FetchedAt - Elapsed : FetchedAt;

    /// <summary>Bytes of body on the wire, before decoding.</summary>
    public long WireBytes { get; init; }

    public DateTimeOffset AdmittedAt { get; init; }

    /// <summary>The source's name in the YAML.</summary>
    public string Source { get; init; } = "";

    public int Attempts { get; init; }

    /// <summary>URLs that led here by redirects, as they were given, the first ones (<see cref="DocumentScan.MostAliases"/>) in the order of admission.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}
