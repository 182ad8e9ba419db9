using System.Buffers.Binary;
using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>Reads committed rows beside the writer. Any thread; calls on the shared connection take turns.</summary>
internal sealed class LedgerReader : IDisposable
{
    private const int KeysPerChunk = 4_096;

    private readonly string _file;
    private readonly Lock _gate = new();
    private readonly SqlConnection _connection;
    private readonly SqlStatement _findBody, _findOldBody;
    private readonly SqlStatement _findOffset;
    private readonly SqlStatement _redirects;
    private readonly SqlStatement _replayed;
    private readonly SqlStatement _oldestCheck;
    private readonly SqlStatement _foundAt, _foundAfter;
    private readonly SqlStatement[] _findTaken = new SqlStatement[PriorityClasses.Count];
    private readonly Sources _sources;

    public LedgerReader(string file, Sources sources)
    {
        _file = file;
        _sources = sources;
        _connection = SqlConnection.Open(file, readOnly: true);
        try
        {
            _findBody = _connection.Prepare("SELECT segment, body_offset, body_length FROM content_metadata WHERE substr(body_sha256, 1, 8) = substr(?1, 1, 8) AND body_sha256 = ?1 LIMIT 1");
            _findOldBody = _connection.Prepare("SELECT segment, body_offset, body_length FROM document_versions WHERE substr(body_sha256, 1, 8) = substr(?1, 1, 8) AND body_sha256 = ?1 LIMIT 1");
            _oldestCheck = _connection.Prepare($"""
                SELECT min(
                  coalesce((SELECT fetched_at FROM content_metadata WHERE id > (SELECT CAST(value AS INTEGER) FROM meta WHERE name = '{LedgerSchema.RefetchCursor}') ORDER BY id LIMIT 1), {long.MaxValue}),
                  coalesce((SELECT at FROM checked ORDER BY at LIMIT 1), {long.MaxValue}))
                """);
            HasVersions = _connection.Scalar("SELECT EXISTS(SELECT 1 FROM document_versions)") != 0;
            _findOffset = _connection.Prepare("SELECT offset FROM source_offsets WHERE source = ?1 AND file = ?2");
            _replayed = _connection.Prepare("SELECT i.seq, r.line, r.packed FROM replay_items i JOIN refused r ON r.seq = i.seq WHERE i.replay = ?1 AND i.seq > ?2 ORDER BY i.seq LIMIT ?3");
            _redirects = _connection.Prepare("SELECT redirects FROM aliases WHERE brought = ?1");
            _foundAt = _connection.Prepare("SELECT start, depth, lines FROM found WHERE start <= ?1 ORDER BY start DESC LIMIT 1");
            _foundAfter = _connection.Prepare("SELECT start, depth, lines FROM found WHERE start > ?1 ORDER BY start LIMIT 1");
            for (var priority = 0; priority < PriorityClasses.Count; priority++)
                _findTaken[priority] = _connection.Prepare($"SELECT {QueueRow.TakenColumns} FROM {QueueRow.TakenFrom(LedgerSchema.QueueOf(priority))} WHERE w.seq = ?1");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Whether a document has ever changed. While none has, nobody looks for its earlier bodies.</summary>
    public bool HasVersions { get; set => Volatile.Write(ref field, value); }

    /// <summary>See <see cref="ILedger.OldestCheck"/>.</summary>
    public DateTimeOffset? OldestCheck()
    {
        lock (_gate)
        {
            var at = _oldestCheck.Step() ? _oldestCheck.Int64(0) : long.MaxValue;
            _oldestCheck.Reset();
            return at == long.MaxValue ? null : DateTimeOffset.FromUnixTimeMilliseconds(at);
        }
    }

    /// <summary>See <see cref="ILedger.FindBodies"/>. All from one state of the database: to begin to read costs more than a look.</summary>
    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256)
    {
        var places = new BodyPlace?[sha256.Count];
        lock (_gate)
        {
            _connection.Execute("BEGIN");
            try
            {
                for (var i = 0; i < places.Length; i++)
                {
                    places[i] = Place(_findBody.BindBlob(1, sha256[i]));
                    if (places[i] is null && HasVersions)
                        places[i] = Place(_findOldBody.BindBlob(1, sha256[i]));
                }
            }
            finally
            {
                _connection.Execute("COMMIT");
            }
        }

        return places;

        static BodyPlace? Place(SqlStatement find)
        {
            BodyPlace? place = find.Step() ? new BodyPlace((int)find.Int64(0), find.Int64(1), (int)find.Int64(2)) : null;
            find.Reset();
            return place;
        }
    }

    /// <summary>Rows of <c>work</c>, in the order they are asked for.</summary>
    /// <exception cref="LedgerException">One of them is not there.</exception>
    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows)
    {
        var items = new List<WorkItem>(rows.Count);
        lock (_gate)
        {
            foreach (var row in rows)
            {
                var find = _findTaken[(int)row.Priority].Bind(1, row.Sequence);
                items.Add(find.Step() ? QueueRow.Taken(find, row.Priority, _sources) : throw new LedgerException($"Row {row.Sequence}, taken before, is not in the ledger's work any more."));
                find.Reset();
            }
        }

        return items;
    }

    /// <summary>What stands from a place on in the row that holds it, or else in the first one behind it.</summary>
    public FoundChunk? ReadFound(long from)
    {
        lock (_gate)
            return Found(_foundAt.Bind(1, from), from) ?? Found(_foundAfter.Bind(1, from), from);

        static FoundChunk? Found(SqlStatement row, long from)
        {
            FoundChunk? chunk = null;
            if (row.Step())
            {
                var lines = row.Bytes(2);
                var start = row.Int64(0);
                var read = Math.Max(0, from - start);
                chunk = read < lines.Length ? new FoundChunk(start + read, (byte)row.Int64(1), lines[(int)read..].ToArray()) : null;
            }

            row.Reset();
            return chunk;
        }
    }

    /// <summary>See <see cref="ILedger.ReadReplayed"/>.</summary>
    public IReadOnlyList<ReplayedLine> ReadReplayed(long replay, long after, int most)
    {
        var lines = new List<ReplayedLine>(most);
        lock (_gate)
        {
            _replayed.Bind(1, replay).Bind(2, after).Bind(3, most);
            while (_replayed.Step())
            {
                var refusal = PackedRefusal.Read(_replayed.Bytes(2));
                lines.Add(new ReplayedLine(_replayed.Int64(0), _sources.NameOf(refusal.Source), _replayed.Bytes(1).ToArray(), refusal));
            }

            _replayed.Reset();
        }

        return lines;
    }

    /// <summary>See <see cref="ILedger.RedirectsTo"/>.</summary>
    public int RedirectsTo(long sequence)
    {
        lock (_gate)
        {
            var redirects = _redirects.Bind(1, sequence).Step() ? (int)_redirects.Int64(0) : 0;
            _redirects.Reset();
            return redirects;
        }
    }

    public long ResumeOffset(string source, string file)
    {
        lock (_gate)
        {
            var offset = _findOffset.Bind(1, source).Bind(2, file).Step() ? _findOffset.Int64(0) : 0;
            _findOffset.Reset();
            return offset;
        }
    }

    /// <summary>Keys of admitted rows and of refused lines above a sequence number, on a connection of its own.</summary>
    public void ScanSeenKeys(long above, Action<ReadOnlySpan<UInt128>, long> visit)
    {
        using var connection = SqlConnection.Open(_file, readOnly: true);
        var chunk = new UInt128[KeysPerChunk];
        var count = 0;
        long before = 0;
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var rows = connection.Prepare($"SELECT packed, seq FROM {LedgerSchema.QueueOf(priority)} WHERE seq > ?1 ORDER BY seq").Bind(1, above);
            while (rows.Step())
                Give(SeenKey.OfAdmitted(BinaryPrimitives.ReadUInt128BigEndian(rows.Bytes(0))), rows.Int64(1));
            End();
        }

        var refused = connection.Prepare("SELECT packed, seq FROM refused WHERE seq > ?1 ORDER BY seq").Bind(1, above);
        while (refused.Step())
            Give(SeenKey.OfRefused(BinaryPrimitives.ReadUInt128BigEndian(refused.Bytes(0))), refused.Int64(1));
        End();

        void Give(UInt128 key, long sequence)
        {
            if (count == chunk.Length || sequence - before > ILedger.KeySpread)
                End();
            if (count == 0)
                before = sequence - 1;
            chunk[count++] = key;
        }

        void End()
        {
            if (count > 0)
                visit(chunk.AsSpan(0, count), before);
            count = 0;
        }
    }

    /// <summary>Counts rows, in one read transaction. Documents that the unique constraint caught have no row of their own, so they are added from their counter. A document that is asked for again is done, whatever state its row of work is in.</summary>
    public BooksAudit Audit()
    {
        using var connection = SqlConnection.Open(_file, readOnly: true);
        connection.Execute("BEGIN");
        long admitted = 0, backlog = 0;
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            admitted += connection.Scalar($"SELECT count(*) FROM {queue}");
            backlog += connection.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {queue} WHERE seq > (SELECT seq FROM cursors WHERE class = {priority})"));
        }

        var audit = new BooksAudit(
            admitted,
            backlog + connection.Scalar("SELECT count(*) FROM work WHERE state = 'queued' AND document IS NULL"),
            connection.Scalar("SELECT count(*) FROM work WHERE state = 'leased' AND document IS NULL"),
            connection.Scalar("SELECT count(*) FROM content_metadata") + connection.Scalar("SELECT value FROM counters WHERE name = 'caught'") + connection.Scalar("SELECT count(*) FROM aliases"),
            connection.Scalar("SELECT count(*) FROM dead"))
        {
            Purged = connection.Scalar("SELECT count(*) FROM purged"),
            Refetching = connection.Scalar("SELECT count(*) FROM work WHERE document IS NOT NULL"),
        };
        connection.Execute("COMMIT");
        return audit;
    }

    public void Dispose() => _connection.Dispose();
}
