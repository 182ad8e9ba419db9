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

    private static readonly Dictionary<ushort, (string Name, ErrorClass Class)> Named = new()
    {
        [0] = ("none", ErrorClass.None),
        [1] = ("duplicate", ErrorClass.None),
        [10] = ("malformed", ErrorClass.Policy),
        [11] = ("line_too_long", ErrorClass.Policy),
        [12] = ("not_utf8", ErrorClass.Policy),
        [13] = ("scheme_file", ErrorClass.Policy),
        [14] = ("scheme_unsupported", ErrorClass.Policy),
        [15] = ("ruled_out", ErrorClass.Policy),
        [16] = ("unrouted", ErrorClass.Policy),
        [30] = ("dns_failed", ErrorClass.Transient),
        [31] = ("connect_failed", ErrorClass.Transient),
        [32] = ("connection_reset", ErrorClass.Transient),
        [33] = ("tls_failed", ErrorClass.Permanent),
        [34] = ("timeout", ErrorClass.Transient),
        [35] = ("protocol_error", ErrorClass.Transient),
        [36] = ("rate_limited", ErrorClass.RateLimited),
        [37] = ("too_large", ErrorClass.Policy),
        [38] = ("too_many_redirects", ErrorClass.Permanent),
        [39] = ("redirect_refused", ErrorClass.Policy),
        [40] = ("address_blocked", ErrorClass.Policy),
        [41] = ("port_blocked", ErrorClass.Policy),
        [42] = ("robots_disallowed", ErrorClass.Policy),
        [43] = ("bad_encoding", ErrorClass.Permanent),
        [44] = ("decompression_bomb", ErrorClass.Policy),
        [45] = ("too_slow", ErrorClass.Transient),
        [46] = ("headers_too_large", ErrorClass.Policy),
        [47] = ("killed_the_process", ErrorClass.Poison),
        [48] = ("unexpected", ErrorClass.Transient),
        [49] = ("dns_not_found", ErrorClass.Permanent),
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

        foreach (var (code, (known, _)) in Named)
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

    /// <summary>Whether a stored code means a reason.</summary>
    public static bool IsKnown(ushort code) => code is >= HttpBase + 100 and <= HttpBase + 999 || Named.ContainsKey(code);

    /// <summary>The short constant that is counted, stored and shown.</summary>
    public string Name => Code >= HttpBase
        ? string.Create(CultureInfo.InvariantCulture, $"http_{Code - HttpBase}")
        : Named[Code].Name;

    /// <summary>What kind of failure it is, which decides the answer to it.</summary>
    public ErrorClass Class => Code >= HttpBase ? ClassOfStatus(Code - HttpBase) : Named[Code].Class;

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
}
