using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Urls;

namespace Atlas.Pipeline.Export;

/// <summary>The records of each document: <c>response</c> (or <c>revisit</c>, where an earlier record has the same body), <c>request</c> and <c>metadata</c>, and a <c>warcinfo</c> before those of a file.</summary>
/// <remarks>
/// Ids and dates come from the ledger alone, so two exports of one state are equal.
/// A document around which nothing was taken down is a <c>resource</c>: no head is made up for it.
/// </remarks>
/// <param name="files">Takes the records.</param>
/// <param name="segments">Where the exchanges lie.</param>
/// <param name="body">Reads the bodies.</param>
/// <param name="ledgerId">Whose documents they are.</param>
/// <param name="software">Name and version of this program.</param>
internal sealed class WarcRecords(WarcFiles files, SegmentReader segments, StoredBody body, string ledgerId, string software) : IDocumentFormat
{
    private const string Revisit = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";
    private const string FieldsType = "application/warc-fields";

    private readonly WrittenBodies _written = new();
    private string _info = "";

    public void Write(StoredDocument document)
    {
        // Whatever is damaged has to show before the first byte is written.
        var exchange = ReadExchange(document);
        WrittenBody earlier = default;
        var isRevisit = exchange is not null && document.Body.Length > 0 && _written.TryFind(document.BodySha256, out earlier);
        if (!isRevisit)
            body.Open(document);

        // What the capture began with, as WARC-Date has it; its records share it.
        var date = TimeText.Of(document.StartedAt);
        if (files.BeginIfFull())
            WriteInfo(document, date);

        var type = exchange is null ? "resource" : isRevisit ? "revisit" : "response";
        var id = IdOf(document, type);
        var fields = Begin(type, id, date, document)
            .Add("WARC-IP-Address", exchange?.Peer?.ToString())
            .Add("WARC-Protocol", exchange is null ? null : exchange.Version.Major >= 2 ? $"h{exchange.Version.Major}" : $"http/{exchange.Version}")
            .Add("WARC-Truncated", exchange is { IsCut: true } ? "length" : null)
            .Add("WARC-Payload-Digest", WarcDigest.Of(document.BodySha256));
        if (isRevisit)
            fields.Add("WARC-Profile", Revisit).Add("WARC-Refers-To", earlier.RecordId).AddUrl("WARC-Refers-To-Target-URI", earlier.Url).Add("WARC-Refers-To-Date", earlier.Date);

        if (exchange is null)
            files.Write(fields.Add("Content-Type", document.ContentType.Length > 0 ? document.ContentType : "application/octet-stream"), [], body);
        else
            files.Write(fields.Add("Content-Type", "application/http;msgtype=response"), HttpBlock.Response(document, exchange), isRevisit ? null : body);
        if (!isRevisit)
            _written.Add(document.BodySha256, new WrittenBody(id, document.FinalUrl, date));

        if (exchange is not null)
        {
            var request = Begin("request", IdOf(document, "request"), date, document).Add("WARC-Concurrent-To", id).Add("Content-Type", "application/http;msgtype=request");
            files.Write(request, HttpBlock.Request(document, exchange));
        }

        var metadata = Begin("metadata", IdOf(document, "metadata"), date, document).Add("WARC-Concurrent-To", id).Add("Content-Type", FieldsType);
        files.Write(metadata, MetadataOf(document));
    }

    /// <summary>Without a document there is one file, which says what it would have been of.</summary>
    public void Complete()
    {
        if (files.Count == 0 && files.BeginIfFull())
            WriteInfo(null, TimeText.Of(DateTimeOffset.UnixEpoch));
        files.Complete();
    }

    private static byte[] MetadataOf(StoredDocument document) => document.Aliases.Aggregate(FieldsOf(document), (fields, alias) => fields.AddUrl("alias", Redaction.Of(alias))).ToBytes();

    private static WarcFields FieldsOf(StoredDocument document) => new WarcFields()
        .Add("fetchTimeMs", (long)document.Elapsed.TotalMilliseconds)
        .AddUrl("url", Redaction.Of(document.Url))
        .Add("contentId", document.ContentId)
        .Add("source", document.Source)
        .Add("attempts", document.Attempts)
        .Add("wireBytes", document.WireBytes)
        .Add("admittedAt", TimeText.Of(document.AdmittedAt));

    private WarcFields Begin(string type, string id, string date, StoredDocument document) => new WarcFields()
        .Add("WARC-Type", type)
        .Add("WARC-Record-ID", id)
        .Add("WARC-Date", date)
        .AddUrl("WARC-Target-URI", document.FinalUrl)
        .Add("WARC-Warcinfo-ID", _info);

    private void WriteInfo(StoredDocument? first, string date)
    {
        _info = NameBasedId.UrnOf($"{ledgerId} warcinfo {files.Count} {first?.ContentId}");
        var fields = new WarcFields().Add("WARC-Type", "warcinfo").Add("WARC-Record-ID", _info).Add("WARC-Date", date).Add("WARC-Filename", files.Name).Add("Content-Type", FieldsType);
        files.Write(fields, new WarcFields()
            .Add("software", software)
            .Add("format", "WARC File Format 1.1")
            .Add("conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/")
            .Add("isPartOf", $"ledger {ledgerId}")
            .ToBytes());
    }

    private string IdOf(StoredDocument document, string type) => NameBasedId.UrnOf($"{ledgerId} {type} {document.ContentId} {TimeText.Of(document.FetchedAt)}");

    private HttpExchange? ReadExchange(StoredDocument document)
    {
        var place = document.Exchange;
        if (place.Length == 0)
            return null;
        var known = place.Length is > 0 and <= 2 * HttpExchange.MostBytes && place.Offset >= 0 ? HttpExchange.Parse(segments.Read(place)) : null;
        return known ?? throw new InvalidDataException($"Segment {place.Segment}: the headers of {place.Length} bytes at {place.Offset} are damaged.");
    }
}
