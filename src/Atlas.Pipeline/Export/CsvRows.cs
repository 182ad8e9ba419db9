using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Export;

/// <summary>A header and a row for each document, as RFC 4180 has it, in UTF-8; no bodies.</summary>
/// <remarks>
/// Hosts choose some of the values, and a spreadsheet takes a value that begins with one of <c>= + - @</c>, a tab or a carriage return for a formula.
/// Such a value gets an apostrophe in front, which a spreadsheet shows as text; no number and no URL here begins so.
/// </remarks>
/// <param name="output">Stays its owner's.</param>
/// <param name="canonical">Makes the canonical forms.</param>
internal sealed class CsvRows(Stream output, CanonicalUrls canonical) : IDocumentFormat
{
    private const string Header = "content_id,url,canonical_url,final_url,host,status,content_type,charset,etag,last_modified,fetched_at,elapsed_ms,bytes,wire_bytes,sha256,source,attempts,admitted_at,aliases,checked_at,replaced_at\r\n";

    private readonly StringBuilder _row = new(Header);

    public void Write(StoredDocument document)
    {
        Add(document.ContentId);
        Add(Redaction.Of(document.Url));
        Add(canonical.Of(document) is { } form ? Redaction.Of(form) : "");
        Add(document.FinalUrl);
        Add(document.HostKey);
        Add(document.Status);
        Add(document.ContentType);
        Add(Charset.Of(document.ContentType) ?? "");
        Add(document.ETag ?? "");
        Add(document.LastModified is { } modified ? TimeText.Of(modified) : "");
        Add(TimeText.Of(document.FetchedAt));
        Add((long)document.Elapsed.TotalMilliseconds);
        Add(document.Body.Length);
        Add(document.WireBytes);
        Add(Convert.ToHexStringLower(document.BodySha256));
        Add(document.Source);
        Add(document.Attempts);
        Add(TimeText.Of(document.AdmittedAt));
        Add(string.Join(' ', document.Aliases.Select(alias => Redaction.Of(alias).Replace(" ", "%20", StringComparison.Ordinal))));
        Add(document.CheckedAt is { } at ? TimeText.Of(at) : "");
        Add(document.ReplacedAt is { } replaced ? TimeText.Of(replaced) : "");
        _row.Length--;
        _row.Append("\r\n");
        Send();
    }

    /// <summary>Without a document the header is all there is.</summary>
    public void Complete()
    {
        Send();
        output.Flush();
    }

    private void Send()
    {
        output.Write(Encoding.UTF8.GetBytes(_row.ToString()));
        _row.Clear();
    }

    private void Add(long number) => _row.Append(CultureInfo.InvariantCulture, $"{number},");

    private void Add(string value)
    {
        if (value is ['=' or '+' or '-' or '@' or '\t' or '\r', ..])
            value = "'" + value;
        if (value.AsSpan().IndexOfAny("\",\r\n") >= 0)
            _row.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            _row.Append(value);
        _row.Append(',');
    }
}
