using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Export;

/// <summary>Which documents are wanted: those that fit everything that is set. Of several values of one kind, any will do.</summary>
internal sealed record DocumentFilter
{
    /// <summary>As <see cref="TryParseHost"/> gives them.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Fetched then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Fetched before.</summary>
    public DateTimeOffset? Until { get; init; }

    public IReadOnlyList<string> Sources { get; init; } = [];

    public IReadOnlyList<int> Statuses { get; init; } = [];

    /// <summary>Beginnings of the Content-Type, in any case.</summary>
    public IReadOnlyList<string> ContentTypes { get; init; } = [];

    public bool Wants(StoredDocument document) =>
        (Since is not { } since || document.FetchedAt >= since)
        && (Until is not { } until || document.FetchedAt < until)
        && (Statuses.Count == 0 || Statuses.Contains(document.Status))
        && (Sources.Count == 0 || Sources.Contains(document.Source))
        && (ContentTypes.Count == 0 || ContentTypes.Any(start => document.ContentType.TrimStart().StartsWith(start, StringComparison.OrdinalIgnoreCase)))
        && (Hosts.Count == 0 || Hosts.Any(host => IsAt(host, document.HostKey)));

    /// <summary>A host in any spelling, with or without a port, or <c>*.</c> and a domain for its subdomains.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="host">As documents have it.</param>
    public static bool TryParseHost(string text, out string host)
    {
        var isDomain = text.StartsWith("*.", StringComparison.Ordinal);
        var name = HostKey.Of(Encoding.UTF8.GetBytes($"http://{(isDomain ? text[2..] : text)}/"));
        host = isDomain ? "." + name : name;
        return name.Length > 0 && text.IndexOfAny(['/', '?', '#', '@']) < 0;
    }

    /// <summary>A host without a port is meant at every port.</summary>
    private static bool IsAt(string wanted, string hostKey)
    {
        var at = PortStart(wanted) < 0 && PortStart(hostKey) is var colon and >= 0 ? hostKey.AsSpan(0, colon) : hostKey;
        return wanted[0] == '.' ? at.EndsWith(wanted, StringComparison.Ordinal) : at.SequenceEqual(wanted);
    }

    private static int PortStart(string hostKey) => hostKey.LastIndexOf(':') is var colon && colon > hostKey.LastIndexOf(']') ? colon : -1;
}
