using System.Security.Cryptography;
using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Urls;

namespace Atlas.Pipeline.Migrate;

/// <summary>Writes resources into a ledger that nobody runs on: as queue rows, as documents with their bodies, as dead letters. One transaction at a time; its counters are those of the rows.</summary>
internal sealed class LedgerImport
{
    /// <summary>What stands as their source.</summary>
    public const string Source = "migration";

    private const int TextCapacity = 4 << 20;

    /// <summary>Levels that documents' rows may stand in, the first choice first.</summary>
    private static readonly PriorityClass[] Levels =
        [PriorityClass.Normal, PriorityClass.High, PriorityClass.Low, PriorityClass.Cleanup, PriorityClass.Critical, .. Enumerable.Range(PriorityClasses.Names.Count, PriorityClasses.Count - PriorityClasses.Names.Count).Select(level => (PriorityClass)level)];

    private readonly SqlConnection _ledger;
    private readonly BooksCounter _books;
    private readonly SegmentStore _segments;
    private readonly int _source;
    private readonly DateTimeOffset _now;
    private readonly RowInsert[] _queues = new RowInsert[PriorityClasses.Count];
    private readonly RowInsert _letters;
    private readonly SqlStatement _document, _body, _cursor, _tail, _notes, _attempt, _id, _idOf;

    /// <summary>URLs of rows that wait to be written. Pinned, as they are bound in place.</summary>
    private readonly byte[] _text = GC.AllocateUninitializedArray<byte>(TextCapacity, pinned: true);

    private readonly byte[] _hash = new byte[SHA256.HashSizeInBytes];
    private int _textEnd;
    private PriorityClass? _documentLevel;
    private long _lastDocument;

    /// <param name="ledger">Open for writing.</param>
    /// <param name="books">Its counters.</param>
    /// <param name="segments">Where bodies go.</param>
    /// <param name="now">When the rows are admitted.</param>
    public LedgerImport(SqlConnection ledger, BooksCounter books, SegmentStore segments, DateTimeOffset now)
    {
        (_ledger, _books, _segments, _now) = (ledger, books, segments, now);
        _source = new Ledger.Sources(ledger).IdOf(Source);
        for (var level = 0; level < PriorityClasses.Count; level++)
            _queues[level] = new RowInsert(ledger, $"{LedgerSchema.QueueOf(level)}(seq, url, packed)", isText: true, PackedRow.Size);
        _letters = new RowInsert(ledger, "refused(seq, line, packed)", isText: false, PackedRefusal.Size);
        _document = ledger.Prepare($"""
            INSERT INTO content_metadata(content_id, source_url, url_scheme, url_domain, processing_strategy, is_processable, final_url, status_code, content_type, body_sha256, segment, body_offset, body_length,
              fetched_at, created_at, source_name, attempts, seq, ruleset_version, elapsed_ms, wire_bytes, exchange_segment, exchange_offset, exchange_length)
            VALUES(?1, ?2, ?3, ?4, '{ProcessingStrategies.NameOf(ProcessingStrategy.HttpContent)}', 1, ?2, 200, ?5, ?6, ?7, ?8, ?9, ?10, ?11, '{Source}', 1, ?12, ?13, 0, ?9, 0, 0, 0)
            """);
        _body = ledger.Prepare("SELECT segment, body_offset, body_length FROM content_metadata WHERE substr(body_sha256, 1, 8) = substr(?1, 1, 8) AND body_sha256 = ?1 LIMIT 1");
        _cursor = ledger.Prepare("UPDATE cursors SET seq = ?2 WHERE class = ?1");
        _tail = ledger.Prepare("INSERT INTO bodies_tail VALUES(1, ?1, ?2) ON CONFLICT DO UPDATE SET segment = excluded.segment, end_offset = excluded.end_offset");
        _notes = ledger.Prepare("INSERT INTO letter_notes(seq, notes, facts) VALUES(?1, ?2, CAST(?3 AS TEXT))");
        _attempt = ledger.Prepare("INSERT INTO attempts(seq, n, at, status, latency_ms, reason, error) VALUES(?1, ?2, ?3, ?4, ?7, ?5, ?6)");
        _id = ledger.Prepare("INSERT INTO legacy_ids(legacy_id, content_id, database) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
        _idOf = ledger.Prepare("SELECT content_id FROM legacy_ids WHERE legacy_id = ?1");
    }

    /// <summary>Bytes of bodies since the last commit.</summary>
    public long BodyBytes { get; private set; }

    public void Begin() => _ledger.Execute("BEGIN IMMEDIATE");

    /// <summary>Makes bodies durable, and then the rows.</summary>
    /// <param name="last">Is told the counters' progress inside the transaction, before it ends.</param>
    public void Commit(Action<long> last)
    {
        EndRows();
        if (BodyBytes > 0)
        {
            _segments.Sync();
            _tail.Bind(1, _segments.Tail.Segment).Bind(2, _segments.Tail.End).Run();
            BodyBytes = 0;
        }

        if (_documentLevel is { } level && _lastDocument > 0)
            _cursor.Bind(1, (int)level).Bind(2, _lastDocument).Run();
        _books.Save();
        last(_books.Progress);
        _ledger.Execute("COMMIT");
        _books.Publish();
    }

    /// <returns>The sequence number.</returns>
    public long Queue(in LegacyGroup group, ReadOnlySpan<byte> url)
    {
        var sequence = AddRow(group.Class, group, url);
        _books.Add(Tally.Queued, 1);
        _books.Add(Tally.Backlog, 1);
        return sequence;
    }

    /// <returns>The sequence number.</returns>
    public long Document(in LegacyGroup group, ReadOnlySpan<byte> url, ReadOnlySpan<byte> body, long fetchedAt)
    {
        _documentLevel ??= FreeLevel();
        var sequence = _lastDocument = AddRow(_documentLevel.Value, group, url);
        SHA256.HashData(body, _hash);
        var place = PlaceOf(body);
        _document.Bind(1, ContentId.ToHex(group.Key)).Bind(2, Encoding.UTF8.GetString(url)).Bind(3, Ascii.EqualsIgnoreCase(url[..Math.Min(6, url.Length)], "https:"u8) ? "https" : "http").Bind(4, HostKey.Of(url))
            .Bind(5, TypeOf(body)).BindBlob(6, _hash).Bind(7, place.Segment).Bind(8, place.Offset).Bind(9, place.Length).Bind(10, fetchedAt).Bind(11, _now.ToUnixTimeMilliseconds())
            .Bind(12, sequence).Bind(13, CanonicalizationRules.RulesetVersion).Run();
        _books.Add(Tally.Done, 1);
        _books.Add(Tally.Recorded, 1);
        return sequence;
    }

    /// <returns>The sequence number.</returns>
    public long Refuse(in LegacyGroup group, ReadOnlySpan<byte> line)
    {
        // What is refused here is refused now; what was given up there was given up then.
        var at = group.Refusal == Reason.None && group.DiedAt > 0 ? group.DiedAt : _now.ToUnixTimeMilliseconds();
        var text = Pin(line);
        new PackedRefusal(group.Key, group.Reason, group.Flaw, at, _source, 0, CanonicalizationRules.RulesetVersion).Write(_letters.NextPacked);
        var sequence = _books.NextSequence();
        _letters.Add(sequence, text);
        _books.Add(Tally.Received, 1);
        _books.Rejected.Add(group.Reason);
        return sequence;
    }

    /// <summary>What is known of a resource beside its row.</summary>
    public void Note(long sequence, string notes, ReadOnlySpan<byte> facts) => _notes.Bind(1, sequence).Bind(2, notes).BindBlob(3, facts).Run();

    /// <summary>A try that failed.</summary>
    /// <param name="sequence">Of its letter.</param>
    /// <param name="number">Which try it was, from 1.</param>
    /// <param name="at">Unix milliseconds.</param>
    /// <param name="milliseconds">How long it took.</param>
    /// <param name="reason">Why.</param>
    /// <param name="error">As it was said.</param>
    public void Attempt(long sequence, int number, long at, long milliseconds, Reason reason, string error)
    {
        var status = reason.Code >= Reason.Http(100).Code ? reason.Code - Reason.Http(0).Code : 0;
        _attempt.Bind(1, sequence).Bind(2, number).Bind(3, at).Bind(4, status).Bind(5, reason.Name).Bind(6, error).Bind(7, milliseconds).Run();
    }

    /// <summary>Under which id a legacy program knew a resource. Where the same id is another one's, of this migration or an earlier one, it stands behind its database's name.</summary>
    public void Alias(in LegacyId legacy, UInt128 contentId)
    {
        var id = ContentId.ToHex(contentId);
        for (var text = legacy.Text; ; text = LegacyId.Behind(legacy.Database, text))
        {
            _id.Bind(1, text).Bind(2, id).Bind(3, legacy.Database).Run();
            if (_ledger.Changes == 1)
                return;
            var known = _idOf.Bind(1, text).Step() ? _idOf.Text(0) : id;
            _idOf.Reset();
            if (known == id)
                return;
        }
    }

    private long AddRow(PriorityClass level, in LegacyGroup group, ReadOnlySpan<byte> url)
    {
        var text = Pin(url);
        var queue = _queues[(int)level];
        new PackedRow(group.Key, group.Strategy, _now.ToUnixTimeMilliseconds(), _source, 0, 0, CanonicalizationRules.RulesetVersion).Write(queue.NextPacked);
        var sequence = _books.NextSequence();
        queue.Add(sequence, text);
        _books.Add(Tally.Received, 1);
        _books.Add(Tally.Admitted, 1);
        return sequence;
    }

    private ReadOnlySpan<byte> Pin(ReadOnlySpan<byte> text)
    {
        if (_textEnd + text.Length > _text.Length)
            EndRows();
        var pinned = _text.AsSpan(_textEnd, text.Length);
        text.CopyTo(pinned);
        _textEnd += text.Length;
        return pinned;
    }

    private void EndRows()
    {
        foreach (var queue in _queues)
            queue.End();
        _letters.End();
        _textEnd = 0;
    }

    /// <summary>The place of a body in <c>_hash</c>: where the same content lies already, or a new one.</summary>
    private BodyPlace PlaceOf(ReadOnlySpan<byte> body)
    {
        BodyPlace? known = _body.BindBlob(1, _hash).Step() ? new BodyPlace((int)_body.Int64(0), _body.Int64(1), (int)_body.Int64(2)) : null;
        _body.Reset();
        if (known is { } twin)
            return twin;
        var place = _segments.Reserve(body.Length);
        _segments.Write(place.Segment, place.Offset, body);
        BodyBytes += body.Length;
        return place;
    }

    /// <summary>Documents are done: their rows count as handed out, and so does every row of their level before them. So it must be a level in which nothing waits; where all have something, what waits in the last one is handed out.</summary>
    private PriorityClass FreeLevel()
    {
        foreach (var level in Levels)
        {
            if (_ledger.Scalar($"SELECT EXISTS(SELECT 1 FROM {LedgerSchema.QueueOf((int)level)} WHERE seq > (SELECT seq FROM cursors WHERE class = {(int)level}))") == 0)
                return level;
        }

        var last = (int)Levels[^1];
        _ledger.Execute($"INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch) SELECT seq, {last}, 'queued', 0, 0, 0, 0, 0 FROM {LedgerSchema.QueueOf(last)} WHERE seq > (SELECT seq FROM cursors WHERE class = {last})");
        _books.Add(Tally.Backlog, -_ledger.Changes);
        return Levels[^1];
    }

    /// <summary>What a content is: the legacy programs kept text, some of it as HTML, and did not say which.</summary>
    private static string TypeOf(ReadOnlySpan<byte> body)
    {
        var start = body[..Math.Min(body.Length, 512)].TrimStart(" \t\r\n"u8);
        return start.StartsWith("<"u8) && Encoding.Latin1.GetString(start) is var text && (text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase))
            ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
    }
}
