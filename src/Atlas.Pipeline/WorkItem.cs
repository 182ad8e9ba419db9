using Atlas.Urls;

namespace Atlas.Pipeline;

/// <summary>What travels after the ledger: one admitted URL on its way to being fetched.</summary>
internal sealed class WorkItem
{
    /// <summary>The ledger's number of the URL, in the order of admission, from 1.</summary>
    public required long Sequence { get; init; }

    public required UInt128 ContentId { get; init; }

    /// <summary>The version of the canonical rules that <see cref="ContentId"/> is by.</summary>
    public byte Ruleset { get; init; } = CanonicalizationRules.RulesetVersion;

    /// <summary>The URL as it was given: what is asked of the host.</summary>
    public required string Url { get; init; }

    /// <summary>Who is asked, for politeness: host and, unless default, port.</summary>
    public required string HostKey { get; init; }

    /// <summary>The level it was admitted with.</summary>
    public required PriorityClass Priority { get; init; }

    public ProcessingStrategy Strategy { get; init; }

    /// <summary>The source's name in the YAML.</summary>
    public string Source { get; init; } = "";

    /// <summary>How many links it is away from the lines of the input; 0 for one of these.</summary>
    public byte Depth { get; init; }

    /// <summary>When it was admitted.</summary>
    public DateTimeOffset AdmittedAt { get; init; }

    /// <summary>Attempts claimed so far, the current one included; those that came to no end are given back.</summary>
    public int Attempt { get; set; }

    /// <summary>Attempts that failed after their request was sent. What comes after them is a retry.</summary>
    public int Requests { get; set; }

    /// <summary>Times in a row that the process died while the URL was leased. An outcome of any kind ends the row.</summary>
    public int Lost { get; set; }

    /// <summary>Times the host asked to wait; these use up no attempt.</summary>
    public int Deferrals { get; set; }

    /// <summary>Not before this moment.</summary>
    public DateTimeOffset DueAt { get; set; }

    /// <summary>Claimed and not through the fetch stage yet; the frontier's own mark.</summary>
    public bool AwaitsFetch { get; set; }

    /// <summary>It has one of its host's slots; the buffer's own mark.</summary>
    public bool HoldsSlot { get; set; }

    /// <summary>When its request was sent, in UTC ticks; 0 while it has not been. The buffer's own mark.</summary>
    public long SentAt { get; set; }

    /// <summary>The head of an answer has come. The buffer's own mark.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Least time between two requests that the host's robots.txt asks for; null if it does not, or is not known yet. Set by fetch.</summary>
    public TimeSpan? CrawlDelay { get; set; }

    /// <summary>What is asked of the host instead of <see cref="Url"/>: where redirects to other spellings of the same resource have led. Null while there were none.</summary>
    public string? Asks { get; init; }

    /// <summary>How many redirects have led to <see cref="Asks"/>.</summary>
    public int Redirects { get; init; }

    /// <summary>Where its host has sent us instead of a document. Set by fetch.</summary>
    public Uri? RedirectsTo { get; set; }

    /// <summary>The document that is asked for again; null when the URL is fetched for the first time.</summary>
    public KnownDocument? Again { get; init; }

    /// <summary>What its host has said of that document, when it is what it was. Set by fetch.</summary>
    public Confirmation? Confirmed { get; set; }

    /// <summary>The Sitemap lines of its host's robots.txt; null if it has none. Set by fetch.</summary>
    public SitemapLines? Sitemaps { get; set; }

    /// <summary>What the fetch stage brought, for the persist stage.</summary>
    public FetchedDocument? Document { get; set; }

    /// <summary>The links in that document that are to be followed, for the ledger; null when there are none.</summary>
    public FoundLinks? Found { get; set; }

    /// <summary>The same URL, as yet unasked where a redirect has led: another spelling of its resource.</summary>
    /// <param name="url">What is asked for from now on.</param>
    /// <param name="hostKey">Who is asked for it.</param>
    public WorkItem AskedAt(string url, string hostKey) => new()
    {
        Sequence = Sequence,
        ContentId = ContentId,
        Ruleset = Ruleset,
        Url = Url,
        HostKey = hostKey,
        Asks = url,
        Redirects = Redirects + 1,
        Priority = Priority,
        Strategy = Strategy,
        Source = Source,
        Depth = Depth,
        AdmittedAt = AdmittedAt,
        Requests = Requests,
        Deferrals = Deferrals,
        Again = Again,
    };
}
