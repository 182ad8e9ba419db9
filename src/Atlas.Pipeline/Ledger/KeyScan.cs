using System.Buffers.Binary;
using System.Globalization;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Finds the rows of many keys in one pass. The queue has no index on its keys, on purpose, so what is not done is found by reading the keys of all rows.</summary>
/// <remarks>
/// Reads in pieces, each a transaction of its own: a scan of minutes must not keep a running pipeline from beginning its WAL anew. Queue rows never change and come in order, so the pieces fit.
/// One caller at a time, on a connection of its own.
/// </remarks>
internal sealed class KeyScan
{
    private const int RowsPerPiece = 100_000;

    private readonly SqlStatement _done;
    private readonly SqlStatement _refused;
    private readonly SqlStatement[] _queues = new SqlStatement[PriorityClasses.Count];
    private readonly SqlStatement[] _newer = new SqlStatement[PriorityClasses.Count];
    private readonly SqlStatement _newerRefused;

    public KeyScan(SqlConnection connection)
    {
        _done = connection.Prepare("SELECT seq FROM content_metadata WHERE content_id = ?1");
        _refused = connection.Prepare("SELECT id, was_admitted, content_id FROM dead_letter_queue WHERE id > ?1 ORDER BY id LIMIT ?2");
        _newerRefused = connection.Prepare("SELECT content_id, id FROM dead_letter_queue WHERE id > ?1 AND id <= ?2 AND was_admitted = 0");
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var queue = LedgerSchema.QueueOf(priority);
            _queues[priority] = connection.Prepare($"SELECT seq, packed FROM {queue} WHERE seq > ?1 ORDER BY seq LIMIT ?2");
            _newer[priority] = connection.Prepare($"SELECT packed, seq FROM {queue} WHERE seq > ?1 AND seq <= ?2");
        }
    }

    /// <summary>The rows of content ids: for each that has one, its sequence number. A URL that was admitted is not looked up among the refused lines.</summary>
    /// <param name="ids">As many as memory holds.</param>
    /// <param name="progress">Gets the rows read so far, after every piece.</param>
    public Dictionary<UInt128, long> Find(IEnumerable<UInt128> ids, Action<long>? progress = null)
    {
        var found = new Dictionary<UInt128, long>();
        var missing = new HashSet<UInt128>();
        foreach (var id in ids)
        {
            if (_done.Bind(1, ContentId.ToHex(id)).Step())
                found[id] = _done.Int64(0);
            else
                missing.Add(id);
            _done.Reset();
        }

        long read = 0;
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            InPieces(_queues[priority], row => BinaryPrimitives.ReadUInt128BigEndian(row.Bytes(1)));
        InPieces(_refused, row => row.Int64(1) == 0 ? UInt128.Parse(row.Bytes(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null);
        return found;

        void InPieces(SqlStatement table, Func<SqlStatement, UInt128?> keyOf)
        {
            long last = 0;
            for (var rows = RowsPerPiece; rows == RowsPerPiece && missing.Count > 0;)
            {
                rows = 0;
                table.Bind(1, last).Bind(2, RowsPerPiece);
                while (table.Step())
                {
                    rows++;
                    last = table.Int64(0);
                    if (keyOf(table) is { } id && missing.Remove(id))
                        found[id] = last;
                }

                table.Reset();
                progress?.Invoke(read += rows);
            }
        }
    }

    /// <summary>The row of one content id that is known to stand behind a sequence number, near it; 0 when there is none yet.</summary>
    /// <param name="id">The content id.</param>
    /// <param name="above">The highest number that was durable when the key was decided on, or any lower one.</param>
    /// <param name="last">The highest number that is durable now.</param>
    public long FindNear(UInt128 id, long above, long last)
    {
        // Between the two lies what was in flight then: the steps grow, in case that was much.
        for (long step = 256; above < last; step *= 4)
        {
            var end = Math.Min(last, above + step);
            foreach (var queue in _newer)
            {
                if (Search(queue, row => BinaryPrimitives.ReadUInt128BigEndian(row.Bytes(0))) is var sequence and > 0)
                    return sequence;
            }

            if (Search(_newerRefused, row => UInt128.Parse(row.Bytes(0), NumberStyles.HexNumber, CultureInfo.InvariantCulture)) is var refused and > 0)
                return refused;
            above = end;

            long Search(SqlStatement rows, Func<SqlStatement, UInt128> keyOf)
            {
                long sequence = 0;
                rows.Bind(1, above).Bind(2, end);
                while (sequence == 0 && rows.Step())
                    sequence = keyOf(rows) == id ? rows.Int64(1) : 0;
                rows.Reset();
                return sequence;
            }
        }

        return 0;
    }
}
