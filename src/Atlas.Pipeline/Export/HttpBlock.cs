using System.Buffers;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Export;

/// <summary>The heads of question and answer as WARC blocks of type <c>application/http</c>, made of what was taken down.</summary>
/// <remarks>
/// Bodies are stored decoded and whole, so a head that said how they were encoded, chunked or how long they were on the wire would lie.
/// Such lines are kept as <c>X-Crawler-…</c>, as large archives do it, and Content-Length is the stored body's.
/// HTTP/2 has no such heads; what was said over it is written as HTTP/1.1, which is what readers understand.
/// </remarks>
internal static class HttpBlock
{
    private const string Kept = "X-Crawler-";

    /// <summary>RFC 9110, 5.6.2.</summary>
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>What was asked.</summary>
    public static byte[] Request(StoredDocument document, HttpExchange exchange)
    {
        var head = new StringBuilder();
        var isUrl = Uri.TryCreate(document.FinalUrl, UriKind.Absolute, out var url);
        head.Append(CultureInfo.InvariantCulture, $"GET {(isUrl ? url!.PathAndQuery : "/")} {VersionOf(exchange)}\r\n");
        if (isUrl)
            head.Append(CultureInfo.InvariantCulture, $"Host: {(url!.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost)}{(url.IsDefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{url.Port}"))}\r\n");
        foreach (var field in FieldsOf(exchange.Request.Span))
            Add(head, field, isKeptAside: IsAboutLength(field) || Is(field, "Content-Encoding"));
        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    /// <summary>What was answered, up to the empty line.</summary>
    public static byte[] Response(StoredDocument document, HttpExchange exchange)
    {
        var fields = FieldsOf(exchange.Response.Span);
        var isEncoded = fields.Exists(field => Is(field, "Content-Encoding") && field.Value.Trim() is not ("" or "identity"));
        var length = document.Body.Length.ToString(CultureInfo.InvariantCulture);
        var lengths = fields.FindAll(field => Is(field, "Content-Length"));
        var isLengthTrue = !isEncoded && lengths is [{ Value: var said }] && said.Trim() == length;

        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{VersionOf(exchange)} {document.Status} {ReasonOf(exchange)}\r\n");
        foreach (var field in fields)
        {
            var isTrue = Is(field, "Content-Length") ? isLengthTrue : !IsAboutLength(field) && !(isEncoded && Is(field, "Content-Encoding"));
            Add(head, field, isKeptAside: !isTrue);
        }

        if (!isLengthTrue)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static string VersionOf(HttpExchange exchange) => exchange.Version is { Major: 1, Minor: 0 } ? "HTTP/1.0" : "HTTP/1.1";

    private static string ReasonOf(HttpExchange exchange)
    {
        var first = LinesOf(exchange.Response.Span)[0];
        return first.IndexOf(' ', StringComparison.Ordinal) is var blank and >= 0 ? first[(blank + 1)..] : "";
    }

    /// <summary>The fields among the lines; what could not be one (RFC 9112, 5) is left out.</summary>
    private static List<(string Name, string Value)> FieldsOf(ReadOnlySpan<byte> lines)
    {
        var fields = new List<(string, string)>();
        foreach (var line in LinesOf(lines))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && !line.AsSpan(0, colon).ContainsAnyExcept(Token))
                fields.Add((line[..colon], line[(colon + 1)..].Trim(' ')));
        }

        return fields;
    }

    /// <summary>A byte that would end a line within one, or that no header may hold, is a blank (RFC 9110, 5.5).</summary>
    private static string[] LinesOf(ReadOnlySpan<byte> lines)
    {
        var found = Encoding.Latin1.GetString(lines).Split("\r\n");
        for (var at = 0; at < found.Length; at++)
            found[at] = found[at].Replace('\r', ' ').Replace('\n', ' ').Replace('\0', ' ');
        return found;
    }

    private static void Add(StringBuilder head, (string Name, string Value) field, bool isKeptAside) =>
        head.Append(isKeptAside ? Kept : "").Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");

    /// <summary>Whether it says where the body ends (RFC 9112, 6).</summary>
    private static bool IsAboutLength((string Name, string Value) field) => Is(field, "Content-Length") || Is(field, "Transfer-Encoding");

    private static bool Is((string Name, string Value) field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
