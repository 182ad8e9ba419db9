using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Export;

/// <summary>A header and a row for each document, in UTF-8; no bodies.</summary>
/// <param name="output">Stays its owner's.</param>
/// <param name="canonical">Makes the canonical forms.</param>
/// <param name="isForTerminal">Whether the output is a terminal.</param>
internal sealed class CsvRows(Stream output, CanonicalUrls canonical, bool isForTerminal) : IDocumentFormat
{
    private const string Header = "content_id,url,canonical_url,final_url,host,status,content_type,charset,etag,last_modified,fetched_at,elapsed_ms,bytes,wire_bytes,sha256,source,attempts,admitted_at,aliases,checked_at,replaced_at\r\n";

    private readonly CsvLine _row = new(isForTerminal);
    private bool _hasHeader;

    public void Write(StoredDocument document)
    {
        _row.Add(document.ContentId);
        _row.Add(Redaction.Of(document.Url));
        _row.Add(canonical.Of(document) is { } form ? Redaction.Of(form) : "");
        _row.Add(document.FinalUrl);
        _row.Add(document.HostKey);
        _row.Add(document.Status);
        _row.Add(document.ContentType);
        _row.Add(Charset.Of(document.ContentType) ?? "");
        _row.Add(document.ETag ?? "");
        _row.Add(document.LastModified is { } modified ? TimeText.Of(modified) : "");
        _row.Add(TimeText.Of(document.FetchedAt));
        _row.Add((long)document.Elapsed.TotalMilliseconds);
        _row.Add(document.Body.Length);
        _row.Add(document.WireBytes);
        _row.Add(Convert.ToHexStringLower(document.BodySha256));
        _row.Add(document.Source);
        _row.Add(document.Attempts);
        _row.Add(TimeText.Of(document.AdmittedAt));
        _row.Add(string.Join(' ', document.Aliases.Select(alias => Redaction.Of(alias).Replace(" ", "%20", StringComparison.Ordinal))));
        _row.Add(document.CheckedAt is { } at ? TimeText.Of(at) : "");
        _row.Add(document.ReplacedAt is { } replaced ? TimeText.Of(replaced) : "");
        WriteHeader();
        output.Write(_row.End());
    }

    /// <summary>Without a document the header is all there is.</summary>
    public void Complete()
    {
        WriteHeader();
        output.Flush();
    }

    private void WriteHeader()
    {
        if (!_hasHeader)
            output.Write(Encoding.UTF8.GetBytes(Header));
        _hasHeader = true;
    }
}
