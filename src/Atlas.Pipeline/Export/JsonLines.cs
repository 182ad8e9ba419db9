using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Export;

/// <summary>A JSON object a line and document.</summary>
/// <param name="output">Stays its owner's.</param>
/// <param name="bodies">Null leaves bodies out; then none is read or checked.</param>
/// <param name="canonical">Makes the canonical forms.</param>
internal sealed class JsonLines(Stream output, StoredBody? bodies, CanonicalUrls canonical) : IDocumentFormat, IDisposable
{
    private const int CharsPerPiece = 64 * 1024;

    private readonly Utf8JsonWriter _json = new(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Write(StoredDocument document)
    {
        bodies?.Open(document);
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("content_id", document.ContentId);
        _json.WriteString("url", Redaction.Of(document.Url));
        if (canonical.Of(document) is { } form)
            _json.WriteString("canonical_url", Redaction.Of(form));
        _json.WriteString("final_url", document.FinalUrl);
        _json.WriteString("host", document.HostKey);
        _json.WriteNumber("status", document.Status);
        _json.WriteString("content_type", document.ContentType);
        if (Charset.Of(document.ContentType) is { } charset)
            _json.WriteString("charset", charset);
        if (document.ETag is { } etag)
            _json.WriteString("etag", etag);
        if (document.LastModified is { } modified)
            _json.WriteString("last_modified", TimeText.Of(modified));
        _json.WriteString("fetched_at", TimeText.Of(document.FetchedAt));
        if (document.CheckedAt is { } at)
            _json.WriteString("checked_at", TimeText.Of(at));
        if (document.ReplacedAt is { } replaced)
            _json.WriteString("replaced_at", TimeText.Of(replaced));
        _json.WriteNumber("elapsed_ms", (long)document.Elapsed.TotalMilliseconds);
        _json.WriteNumber("bytes", document.Body.Length);
        _json.WriteNumber("wire_bytes", document.WireBytes);
        _json.WriteString("sha256", Convert.ToHexStringLower(document.BodySha256));
        _json.WriteString("source", document.Source);
        _json.WriteNumber("attempts", document.Attempts);
        _json.WriteString("admitted_at", TimeText.Of(document.AdmittedAt));
        if (document.Aliases.Count > 0)
            WriteAliases(document);
        if (bodies is not null)
            WriteBody(bodies, document);
        _json.WriteEndObject();
        _json.Flush();
        output.WriteByte((byte)'\n');
    }

    public void Complete() => output.Flush();

    public void Dispose() => _json.Dispose();

    private void WriteAliases(StoredDocument document)
    {
        _json.WriteStartArray("aliases");
        foreach (var alias in document.Aliases)
            _json.WriteStringValue(Redaction.Of(alias));
        _json.WriteEndArray();
    }

    private void WriteBody(StoredBody body, StoredDocument document)
    {
        var isText = IsText(body, document);
        _json.WriteString("body_encoding", isText ? "text" : "base64");
        _json.WritePropertyName("body");
        if (isText)
        {
            Decode(body, document, (text, isLast) =>
            {
                _json.WriteStringValueSegment(text, isLast);
                _json.Flush();
            });
            return;
        }

        foreach (var piece in body.Pieces())
        {
            _json.WriteBase64StringSegment(piece.Span, isFinalSegment: false);
            _json.Flush();
        }

        _json.WriteBase64StringSegment([], isFinalSegment: true);
    }

    private static bool IsText(StoredBody body, StoredDocument document)
    {
        try
        {
            return Decode(body, document, (_, _) => { });
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Gives the text in pieces; false when nobody knows its charset.</summary>
    private static bool Decode(StoredBody body, StoredDocument document, Visit visit)
    {
        Decoder? decoder = null;
        var text = ArrayPool<char>.Shared.Rent(CharsPerPiece);
        try
        {
            foreach (var piece in body.Pieces())
            {
                decoder ??= Charset.DecoderOf(Charset.Of(document.ContentType), piece.Span);
                if (decoder is null)
                    return false;
                for (var rest = piece.Span; !rest.IsEmpty;)
                {
                    decoder.Convert(rest, text, flush: false, out var used, out var written, out _);
                    visit(text.AsSpan(0, written), false);
                    rest = rest[used..];
                }
            }

            var last = 0;
            decoder?.Convert([], text, flush: true, out _, out last, out _);
            visit(text.AsSpan(0, last), true);
            return true;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text);
        }
    }

    private delegate void Visit(ReadOnlySpan<char> text, bool isLast);
}
