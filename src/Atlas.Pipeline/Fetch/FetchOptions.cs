using System.Net;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Fetch;

/// <summary>The settings of the fetch stage.</summary>
internal sealed record FetchOptions
{
    /// <summary>With less, the largest robots.txt that is read would leave no room for others.</summary>
    public const long LeastRobotsCacheBytes = 1 << 20;

    private const int DefaultMinConcurrency = 4;

    /// <summary>Requests under way at the same time, all hosts together.</summary>
    public int Concurrency { get; init; } = 64;

    /// <summary>Requests under way that hosts which got slower, and pressure, always leave; at most <see cref="Concurrency"/>.</summary>
    public int MinConcurrency { get; init; } = DefaultMinConcurrency;

    /// <summary>When a host is asked; kept by the buffer.</summary>
    public HostsOptions Hosts { get; init; } = new();

    public bool Robots { get; init; } = true;

    /// <summary>Memory for what hosts' robots.txt say, in bytes.</summary>
    public long RobotsCacheBytes { get; init; } = 32 << 20;

    /// <summary>Whether that is what the user has set.</summary>
    public bool RobotsCacheIsGiven { get; init; }

    public string UserAgent { get; init; } = "AtlasPipeline/0.1";

    /// <summary>The longest that one fetch may take: robots.txt and body included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that resolving, connecting and the TLS handshake may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a host may take from the request to the end of its headers. Until it is connected, <see cref="ConnectTimeout"/> is added.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest that a body may bring no byte.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least a body must bring, in bytes on the wire a second, over each <see cref="WireStream.Window"/> of waiting after the first; 0 for whatever it brings.</summary>
    public int MinRateBytes { get; init; } = 100;

    /// <summary>Bytes of body, on the wire and decoded; each is held to it.</summary>
    public int MaxBodyBytes { get; init; } = 10 * 1024 * 1024;

    public int MaxRedirects { get; init; } = 5;

    /// <summary>How long after its last check a stored document is asked for again; null for never. Kept by the buffer.</summary>
    public TimeSpan? RefetchAfter { get; init; }

    /// <summary>Networks that may be dialled although they are not public.</summary>
    public IReadOnlyList<IPNetwork> AllowNetworks { get; init; } = [];

    /// <summary>The only ports that are dialled, in allowed networks too.</summary>
    public IReadOnlyList<int> AllowPorts { get; init; } = [80, 443];

    /// <summary>The name that robots.txt knows us by: the user agent up to its version.</summary>
    public string ProductToken => UserAgent.AsSpan(0, UserAgent.AsSpan().IndexOfAny('/', ' ') is var end and >= 0 ? end : UserAgent.Length).ToString();

    internal static FetchOptions Read(SettingsReader yaml)
    {
        var options = ReadAll(yaml);
        if (options.MinConcurrency <= options.Concurrency)
            return options;
        if (yaml.Has("min_concurrency"))
            yaml.Report("min_concurrency", $"must be at most concurrency, which is {options.Concurrency}.");
        return options with { MinConcurrency = options.Concurrency };
    }

    private static FetchOptions ReadAll(SettingsReader yaml) => new()
    {
        Concurrency = (int)yaml.Int64("concurrency", "Requests under way at the same time, all hosts together; more wait in the buffer. It is where the limit begins and its maximum: it falls when most hosts get slower or fail that did not, and at high pressure.", 1, 4096, 64),
        MinConcurrency = (int)yaml.Int64("min_concurrency", "The limit never falls below; the same as concurrency switches adapting off.", 1, 4096, DefaultMinConcurrency),
        Hosts = HostsOptions.Read(yaml),
        Robots = yaml.Boolean("robots", "Whether robots.txt (RFC 9309) is asked for and obeyed.", true),
        RobotsCacheBytes = yaml.Int64("robots_cache_bytes", "Memory for what hosts' robots.txt say, in bytes; beyond it the host used least recently is forgotten, and asked again when it is needed.", LeastRobotsCacheBytes, 1_099_511_627_776, 33_554_432),
        RobotsCacheIsGiven = yaml.Has("robots_cache_bytes"),
        UserAgent = ReadUserAgent(yaml),
        Timeout = yaml.Milliseconds("timeout_ms", "Milliseconds for one fetch as a whole, robots.txt and body included; then it fails as timeout.", 100, 3_600_000, 30_000),
        ConnectTimeout = yaml.Milliseconds("connect_timeout_ms", "Milliseconds for resolving, connecting and TLS; then it fails as timeout.", 10, 600_000, 10_000),
        HeadersTimeout = yaml.Milliseconds("headers_timeout_ms", "Milliseconds that a host may take to answer with its headers, beside what connecting may take; then it fails as timeout.", 10, 600_000, 20_000),
        IdleTimeout = yaml.Milliseconds("idle_timeout_ms", "Milliseconds that a body may bring no byte; then it fails as too_slow.", 10, 600_000, 10_000),
        MinRateBytes = (int)yaml.Int64("min_rate_bytes", "Bytes a second that a body must bring, over every 5 s of waiting after the first 5; then it fails as too_slow. 0 takes whatever comes.", 0, 1_000_000_000, 100),
        MaxBodyBytes = (int)yaml.Int64("max_body_bytes", "Bytes of body, both on the wire and decoded; a longer one is dropped as too_large.", 1, 1_073_741_824, 10_485_760),
        MaxRedirects = (int)yaml.Int64("max_redirects", "Redirects in a row that may lead to URLs which nobody has named; one more fails as too_many_redirects.", 0, 50, 5),
        RefetchAfter = yaml.Duration("refetch_after", "A document whose last check (fetched, or confirmed by its host) is older is asked for again, as \"7d\", \"12h\", \"30m\" or \"90s\": under conditions, so that its host may answer with 304 (Not Modified). Absent, each is fetched once."),
        AllowNetworks = ReadNetworks(yaml),
        AllowPorts = yaml.Int32s("allow_ports", "The only ports that are dialled; others are dropped as port_blocked.", 1, 65535, [80, 443]),
    };

    private static string ReadUserAgent(SettingsReader yaml)
    {
        const string Name = "user_agent";
        const string Fallback = "AtlasPipeline/0.1";
        var text = yaml.String(Name, "Who we say we are; give a page or address where a site's owner can reach you.", Fallback);
        using var probe = new HttpRequestMessage();
        if (char.IsAsciiLetter(text[0]) && probe.Headers.UserAgent.TryParseAdd(text))
            return text;

        yaml.Report(Name, "must be written as 'Name/version (+address)', the name in letters, digits, '-' and '_'.");
        return Fallback;
    }

    private static List<IPNetwork> ReadNetworks(SettingsReader yaml)
    {
        const string Name = "allow_networks";
        var networks = new List<IPNetwork>();
        foreach (var text in yaml.Strings(Name, "Networks in CIDR form that may be dialled although they are private, loopback or otherwise not public. A metadata service of a cloud must be named alone, as 169.254.169.254/32.", []))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else
                yaml.Report(Name, $"'{text}' is not a network in CIDR form, as 10.0.0.0/8 or fd00::/8.");
        }

        return networks;
    }
}
