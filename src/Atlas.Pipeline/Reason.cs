using System.Globalization;

namespace Atlas.Pipeline;

/// <summary>Why a URL did not go on: one of a closed set, so that it can be counted. HTTP statuses are part of the set as <c>http_NNN</c>.</summary>
/// <param name="Code">What the ledger stores. Codes are never reused; 1000 + status for an HTTP answer.</param>
internal readonly record struct Reason(ushort Code)
{
    private const int HttpBase = 1000;

    public static readonly Reason None = new(0);
    public static readonly Reason Duplicate = new(1);

    // Refused at the door: the line never becomes work.
    public static readonly Reason Malformed = new(10);
    public static readonly Reason LineTooLong = new(11);
    public static readonly Reason NotUtf8 = new(12);
    public static readonly Reason SchemeFile = new(13);
    public static readonly Reason SchemeUnsupported = new(14);
    public static readonly Reason RuledOut = new(15);
    public static readonly Reason Unrouted = new(16);

    // Given up while fetching.
    public static readonly Reason DnsFailed = new(30);
    public static readonly Reason ConnectFailed = new(31);
    public static readonly Reason ConnectionReset = new(32);
    public static readonly Reason TlsFailed = new(33);
    public static readonly Reason Timeout = new(34);
    public static readonly Reason ProtocolError = new(35);
    public static readonly Reason RateLimited = new(36);
    public static readonly Reason TooLarge = new(37);
    public static readonly Reason TooManyRedirects = new(38);
    public static readonly Reason RedirectRefused = new(39);
    public static readonly Reason AddressBlocked = new(40);
    public static readonly Reason PortBlocked = new(41);
    public static readonly Reason RobotsDisallowed = new(42);
    public static readonly Reason BadEncoding = new(43);
    public static readonly Reason DecompressionBomb = new(44);
    public static readonly Reason TooSlow = new(45);
    public static readonly Reason HeadersTooLarge = new(46);
    public static readonly Reason KilledTheProcess = new(47);
    public static readonly Reason Unexpected = new(48);
    public static readonly Reason DnsNotFound = new(49);

    // This machine's own lack: nothing was learnt about the URL.
    public static readonly Reason NoHandles = new(50);
    public static readonly Reason OutOfMemory = new(51);
    public static readonly Reason NetworkDown = new(52);

    // Given up because of the host.
    public static readonly Reason RobotsUnavailable = new(60);
    public static readonly Reason HostDown = new(61);

    // Only of a document that was asked for again.
    public static readonly Reason Moved = new(70);

    private static readonly Dictionary<ushort, (string Name, ErrorClass Class, string Cause)> Named = new()
    {
        [0] = ("none", ErrorClass.None, "nothing failed"),
        [1] = ("duplicate", ErrorClass.None, "the resource was known already"),
        [10] = ("malformed", ErrorClass.Policy, "the line is no URL with a host"),
        [11] = ("line_too_long", ErrorClass.Policy, "the line is longer than a line may be"),
        [12] = ("not_utf8", ErrorClass.Policy, "the line is not UTF-8"),
        [13] = ("scheme_file", ErrorClass.Policy, "a file: URL"),
        [14] = ("scheme_unsupported", ErrorClass.Policy, "neither http nor https"),
        [15] = ("ruled_out", ErrorClass.Policy, "a rule of classify refuses it"),
        [16] = ("unrouted", ErrorClass.Policy, "no output of a route takes it"),
        [30] = ("dns_failed", ErrorClass.Transient, "the DNS gave no answer for the name (SERVFAIL, timeout)"),
        [31] = ("connect_failed", ErrorClass.Transient, "no address of the host took the connection: refused, unreachable, no route"),
        [32] = ("connection_reset", ErrorClass.Transient, "the host closed or reset the connection before the answer was whole"),
        [33] = ("tls_failed", ErrorClass.Permanent, "the handshake failed, or the certificate does not hold: the detail says why"),
        [34] = ("timeout", ErrorClass.Transient, "connect_timeout_ms, headers_timeout_ms or timeout_ms has passed"),
        [35] = ("protocol_error", ErrorClass.Transient, "the answer is no HTTP"),
        [36] = ("rate_limited", ErrorClass.RateLimited, "the host asked us to wait"),
        [37] = ("too_large", ErrorClass.Policy, "the body is longer than max_body_bytes"),
        [38] = ("too_many_redirects", ErrorClass.Permanent, "more redirects than max_redirects, or a loop"),
        [39] = ("redirect_refused", ErrorClass.Policy, "the redirect leads to no http or https URL without credentials, or to one that the rules of the pipeline refuse: the detail says which"),
        [40] = ("address_blocked", ErrorClass.Policy, "the host leads to an address that is not public and not in allow_networks"),
        [41] = ("port_blocked", ErrorClass.Policy, "the port is not in allow_ports"),
        [42] = ("robots_disallowed", ErrorClass.Policy, "robots.txt of the host disallows it"),
        [43] = ("bad_encoding", ErrorClass.Permanent, "the body is not encoded as its header says, or more than once, or in a way that was not asked for"),
        [44] = ("decompression_bomb", ErrorClass.Policy, "the body grew by more than 100 times while it was decoded"),
        [45] = ("too_slow", ErrorClass.Transient, "the body fell silent for idle_timeout_ms, or came slower than min_rate_bytes"),
        [46] = ("headers_too_large", ErrorClass.Policy, "more than 32 KiB of headers"),
        [47] = ("killed_the_process", ErrorClass.Poison, "the process died again and again while the URL was being fetched"),
        [48] = ("unexpected", ErrorClass.Transient, "an error that nobody expected: counted by type in atlas.errors.unexpected, and logged"),
        [49] = ("dns_not_found", ErrorClass.Permanent, "the name does not exist, or has no address"),
        [50] = ("no_handles", ErrorClass.Local, "this process or machine has no handle (or no local port) left"),
        [51] = ("out_of_memory", ErrorClass.Local, "this process or machine has no memory for it"),
        [52] = ("network_down", ErrorClass.Local, "this machine has no way out, or none of its DNS servers answers"),
        [60] = ("robots_unavailable", ErrorClass.HostDown, "the host does not say its rules: robots.txt fails with 5xx or no answer that can be read"),
        [61] = ("host_down", ErrorClass.HostDown, "the host has been down through breaker_gives_up_after pauses, and what waited for it was given up"),
        [70] = ("moved", ErrorClass.Permanent, "a document was asked for again, and its host redirects to another resource: the document stays, and where it leads is a URL of its own"),
    };

    /// <summary>An answer that is no document, as <c>http_NNN</c>.</summary>
    /// <param name="status">The HTTP status code, 100 to 999.</param>
    public static Reason Http(int status) => new((ushort)(HttpBase + status));

    /// <summary>The reason with a name, as the ledger stores it; false when there is none.</summary>
    public static bool TryParse(string name, out Reason reason)
    {
        const string HttpPrefix = "http_";
        if (name.StartsWith(HttpPrefix, StringComparison.Ordinal) && ushort.TryParse(name.AsSpan(HttpPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 999)
        {
            reason = Http(status);
            return true;
        }

        foreach (var (code, (known, _, _)) in Named)
        {
            if (known == name)
            {
                reason = new Reason(code);
                return true;
            }
        }

        reason = None;
        return false;
    }

    /// <summary>The reasons with a name of their own: all but the HTTP statuses.</summary>
    public static IEnumerable<Reason> OwnNames => Named.Keys.Select(code => new Reason(code));

    /// <summary>Every reason that there is, the HTTP statuses among them.</summary>
    public static IEnumerable<Reason> All => OwnNames.Concat(Enumerable.Range(100, 900).Select(Http));

    /// <summary>Whether a stored code means a reason.</summary>
    public static bool IsKnown(ushort code) => code is >= HttpBase + 100 and <= HttpBase + 999 || Named.ContainsKey(code);

    /// <summary>The short constant that is counted, stored and shown.</summary>
    public string Name => Code >= HttpBase
        ? string.Create(CultureInfo.InvariantCulture, $"http_{Code - HttpBase}")
        : Named[Code].Name;

    /// <summary>The HTTP status it stands for; 0 for every other reason.</summary>
    public int Status => Code >= HttpBase ? Code - HttpBase : 0;

    /// <summary>What kind of failure it is, which decides the answer to it.</summary>
    public ErrorClass Class => Code >= HttpBase ? ClassOfStatus(Code - HttpBase) : Named[Code].Class;

    /// <summary>What has happened, in half a sentence for people.</summary>
    public string Cause => Code >= HttpBase ? "the host answered with that status" : Named[Code].Cause;

    public override string ToString() => Name;

    private static ErrorClass ClassOfStatus(int status) => status switch
    {
        408 or 425 or (>= 500 and not 501 and not 505) => ErrorClass.Transient,
        429 => ErrorClass.RateLimited,
        _ => ErrorClass.Permanent,
    };
}

/// <summary>The kinds of failure; each has its own answer.</summary>
internal enum ErrorClass : byte
{
    /// <summary>No failure.</summary>
    None = 0,

    /// <summary>May pass by itself: backoff with jitter, up to the attempts allowed.</summary>
    Transient,

    /// <summary>The host asks us to wait: no attempt is used.</summary>
    RateLimited,

    /// <summary>Will not change: dead letter at once.</summary>
    Permanent,

    /// <summary>We do not want it: dead letter at once.</summary>
    Policy,

    /// <summary>Harmed the process itself: dead letter at once.</summary>
    Poison,

    /// <summary>The host as a whole cannot be asked: it waits, and no attempt is used.</summary>
    HostDown,

    /// <summary>This machine lacks something, which says nothing about the URL: it stays queued, no attempt is used, and nothing new is taken in meanwhile.</summary>
    Local,
}
