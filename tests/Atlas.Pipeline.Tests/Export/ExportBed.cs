using System.Buffers;
using System.Net;
using System.Text;
using Atlas.Pipeline.Export;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Tests.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Export;

/// <summary>A state directory with documents that the real rooms have stored, and short ways to export it.</summary>
internal sealed class ExportBed : IAsyncDisposable
{
    private readonly LedgerTestBed _bed = LedgerTestBed.Fresh();
    private readonly HashSet<string> _urls = [];
    private int _stored;

    public string State => _bed.Directory;

    /// <summary>Whether exports have what documents were before they changed.</summary>
    public bool WithVersions { get; set; }

    public string Bodies => StateDirectory.BodiesDirectoryIn(State);

    /// <summary>Stores one document, or what a stored one has become; a second after the one before.</summary>
    public async Task StoreAsync(string url, byte[] body, string headers = "", string request = "User-Agent: test\r\n", string contentType = "text/html; charset=utf-8", string? etag = null, IPAddress? peer = null, Version? version = null, bool hasExchange = true)
    {
        var item = await ItemAsync(url);
        var exchange = new HttpExchange { Request = Encoding.Latin1.GetBytes(request), Response = Encoding.Latin1.GetBytes("200 OK\r\n" + headers), Peer = peer, Version = version ?? HttpVersion.Version11 };
        var document = new FetchedDocument
        {
            FinalUrl = url.Replace("user:secret@", "", StringComparison.Ordinal),
            Status = 200,
            ContentType = contentType,
            ETag = etag,
            FetchedAt = _bed.Time.GetUtcNow().AddSeconds(_stored++),
            Elapsed = TimeSpan.FromMilliseconds(250),
            WireBytes = body.Length,
            Exchange = hasExchange ? exchange.ToBytes() : default(ReadOnlyMemory<byte>),
        };
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(rented, 0);
        document.TakeBody(rented, body.Length);
        item.Document = document;
        await using var persist = new PersistStage(new PersistOptions { GroupTime = TimeSpan.FromMilliseconds(1) }, Bodies, _bed.Ledger, new Seams());
        await persist.ProcessAsync(item, default);
    }

    private async Task<WorkItem> ItemAsync(string url)
    {
        if (_urls.Add(url))
            return await _bed.ClaimedAsync(url);
        var again = (await _bed.Ledger.TakeAgainAsync(100, _bed.Time.GetUtcNow().AddHours(1))).Single(item => item.Url == url);
        await _bed.Ledger.ClaimAsync([again]);
        return again;
    }

    /// <summary>A URL whose host has redirected to another one that is stored, or to an alias.</summary>
    public async Task AliasAsync(string url, string target) =>
        Assert.True(await _bed.Ledger.AliasAsync(await _bed.ClaimedAsync(url), new AliasTarget(ContentId.Of(Encoding.UTF8.GetBytes(target)), target), redirects: 1, admits: null));

    public void Sabotage(string sql)
    {
        using var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(State));
        ledger.Execute(sql);
    }

    /// <summary>All of it as one WARC file that is not compressed.</summary>
    public byte[] Warc(DocumentFilter? filter = null, List<string>? damage = null, int mostHeld = 4 << 20)
    {
        using var output = new MemoryStream();
        using var target = new StreamTarget(output);
        Run((documents, segments) => new WarcRecords(new WarcFiles(target, compresses: false, long.MaxValue), segments, new StoredBody(segments, mostHeld), documents.LedgerId, "test"), filter, damage);
        return output.ToArray();
    }

    public string Json(DocumentFilter? filter = null, List<string>? damage = null, bool withBodies = true, int mostHeld = 4 << 20)
    {
        using var output = new MemoryStream();
        Run((_, segments) => new JsonLines(output, withBodies ? new StoredBody(segments, mostHeld) : null, new CanonicalUrls(new CanonicalizationRules())), filter, damage);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    public string Csv()
    {
        using var output = new MemoryStream();
        Run((_, _) => new CsvRows(output, new CanonicalUrls(new CanonicalizationRules()), isForTerminal: false), null, null);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    public void Run(Func<DocumentScan, SegmentReader, IDocumentFormat> format, DocumentFilter? filter = null, List<string>? damage = null)
    {
        using var documents = new DocumentScan(StateDirectory.LedgerFileIn(State), WithVersions);
        using var segments = new SegmentReader(Bodies, new Disk());
        var export = new DocumentExport(documents, filter ?? new DocumentFilter(), format(documents, segments));
        export.Run(new StepProgress(TimeProvider.System), (document, what) => (damage ?? throw new InvalidOperationException(what)).Add($"{document.Url} {what}"));
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();
}
