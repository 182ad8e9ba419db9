namespace Atlas.Pipeline.Ledger;

/// <summary>Recorded documents in the order in which they were recorded, beside the writer or without one. One caller at a time.</summary>
/// <remarks>Reads in pages, each a transaction of its own: a scan of hours must not keep a running pipeline from beginning its WAL anew.</remarks>
internal sealed class DocumentScan : IDisposable
{
    /// <summary>URLs that are named for one document: a whole site may lead to one page.</summary>
    public const int MostAliases = 1_000;

    private const int RowsPerPage = 256;

    private readonly SqlConnection _connection;
    private readonly SqlStatement _page, _aliases, _versions;
    private readonly bool _hasAliases, _givesVersions;
    private readonly long _last;

    /// <param name="file">The ledger.</param>
    /// <param name="withVersions">Whether what documents were before they changed is given too.</param>
    /// <exception cref="StateDamagedException">The file is no ledger of this version, or its keys are by other rules.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public DocumentScan(string file, bool withVersions = false)
    {
        _connection = LedgerSchema.OpenForReading(file);
        try
        {
            _last = _connection.Scalar("SELECT max(id) FROM content_metadata");
            _page = _connection.Prepare("""
                SELECT id, content_id, source_url, url_domain, final_url, status_code, content_type, coalesce(etag, ''), last_modified IS NOT NULL, coalesce(last_modified, 0),
                  body_sha256, segment, body_offset, body_length, fetched_at, created_at, source_name, attempts, elapsed_ms, wire_bytes, exchange_segment, exchange_offset, exchange_length,
                  coalesce(checked_at, 0)
                FROM content_metadata WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3
                """);
            _aliases = _connection.Prepare("""
                WITH RECURSIVE led(seq, content_id, url) AS (
                  SELECT seq, content_id, source_url FROM aliases WHERE target_id = ?1
                  UNION SELECT a.seq, a.content_id, a.source_url FROM aliases a JOIN led ON a.target_id = led.content_id)
                SELECT url FROM led ORDER BY seq LIMIT ?2
                """);
            _versions = _connection.Prepare("""
                SELECT final_url, status_code, content_type, coalesce(etag, ''), last_modified IS NOT NULL, coalesce(last_modified, 0), body_sha256, segment, body_offset, body_length, fetched_at, attempts,
                  elapsed_ms, wire_bytes, exchange_segment, exchange_offset, exchange_length, coalesce(checked_at, 0), replaced_at FROM document_versions WHERE content_id = ?1 ORDER BY id
                """);
            _givesVersions = withVersions && _connection.Scalar("SELECT EXISTS(SELECT 1 FROM document_versions)") != 0;
            _hasAliases = _connection.Scalar("SELECT EXISTS(SELECT 1 FROM aliases)") != 0;
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public string LedgerId => _connection.Text(LedgerMark.LedgerIdSql);

    /// <summary>What the last run on the directory wrote down of its rules for keys; empty if none has.</summary>
    public string KeyRules => _connection.Text($"SELECT value FROM meta WHERE name = '{LedgerSchema.KeyRules}'");

    public long Count() => _connection.Scalar($"SELECT count(*) FROM content_metadata WHERE id <= {_last}") + (_givesVersions ? _connection.Scalar("SELECT count(*) FROM document_versions") : 0);

    /// <summary>All that were recorded when this was opened; what a run adds meanwhile is not among them. Versions stand in front of what they have become, the oldest first.</summary>
    public IEnumerable<StoredDocument> Read()
    {
        var page = new List<StoredDocument>(RowsPerPage);
        long id = 0;
        do
        {
            page.Clear();
            _page.Bind(1, id).Bind(2, _last).Bind(3, RowsPerPage);
            while (_page.Step())
            {
                page.Add(Row(_page));
                id = _page.Int64(0);
            }

            _page.Reset();
            foreach (var row in page)
            {
                var document = _hasAliases ? row with { Aliases = AliasesOf(row) } : row;
                foreach (var version in _givesVersions ? VersionsOf(document) : [])
                    yield return version;
                yield return document;
            }
        }
        while (page.Count == RowsPerPage);
    }

    public void Dispose() => _connection.Dispose();

    private List<string> AliasesOf(StoredDocument document)
    {
        var urls = new List<string>();
        _aliases.Bind(1, document.ContentId).Bind(2, MostAliases);
        while (_aliases.Step())
            urls.Add(_aliases.Text(0));
        _aliases.Reset();
        return urls;
    }

    private List<StoredDocument> VersionsOf(StoredDocument document)
    {
        var versions = new List<StoredDocument>();
        _versions.Bind(1, document.ContentId);
        while (_versions.Step())
        {
            versions.Add(document with
            {
                FinalUrl = _versions.Text(0),
                Status = (int)_versions.Int64(1),
                ContentType = _versions.Text(2),
                ETag = _versions.Text(3) is { Length: > 0 } etag ? etag : null,
                LastModified = _versions.Int64(4) != 0 ? TimeOf(_versions.Int64(5)) : null,
                BodySha256 = _versions.Bytes(6).ToArray(),
                Body = new BodyPlace((int)_versions.Int64(7), _versions.Int64(8), (int)_versions.Int64(9)),
                FetchedAt = TimeOf(_versions.Int64(10)),
                Attempts = (int)_versions.Int64(11),
                Elapsed = TimeSpan.FromMilliseconds(Math.Clamp(_versions.Int64(12), 0, int.MaxValue)),
                WireBytes = _versions.Int64(13),
                Exchange = new BodyPlace((int)_versions.Int64(14), _versions.Int64(15), (int)_versions.Int64(16)),
                CheckedAt = _versions.Int64(17) is var at and > 0 ? TimeOf(at) : null,
                ReplacedAt = TimeOf(_versions.Int64(18)),
            });
        }

        _versions.Reset();
        return versions;
    }

    private static StoredDocument Row(SqlStatement row) => new()
    {
        ContentId = row.Text(1),
        Url = row.Text(2),
        HostKey = row.Text(3),
        FinalUrl = row.Text(4),
        Status = (int)row.Int64(5),
        ContentType = row.Text(6),
        ETag = row.Text(7) is { Length: > 0 } etag ? etag : null,
        LastModified = row.Int64(8) != 0 ? TimeOf(row.Int64(9)) : null,
        BodySha256 = row.Bytes(10).ToArray(),
        Body = new BodyPlace((int)row.Int64(11), row.Int64(12), (int)row.Int64(13)),
        FetchedAt = TimeOf(row.Int64(14)),
        AdmittedAt = TimeOf(row.Int64(15)),
        Source = row.Text(16),
        Attempts = (int)row.Int64(17),
        Elapsed = TimeSpan.FromMilliseconds(Math.Clamp(row.Int64(18), 0, int.MaxValue)),
        WireBytes = row.Int64(19),
        Exchange = new BodyPlace((int)row.Int64(20), row.Int64(21), (int)row.Int64(22)),
        CheckedAt = row.Int64(23) is var at and > 0 ? TimeOf(at) : null,
    };

    /// <summary>A number that a flipped bit has made no time at all is the first or last one there is.</summary>
    private static DateTimeOffset TimeOf(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMilliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
