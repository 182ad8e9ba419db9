using System.Buffers.Binary;
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

    /// <summary>Of the queues, and of the refused lines after them.</summary>
    private readonly SqlStatement[] _all, _newer;

    public KeyScan(SqlConnection connection)
    {
        _done = connection.Prepare("SELECT seq FROM content_metadata WHERE content_id = ?1 UNION ALL SELECT seq FROM aliases WHERE content_id = ?1");
        string[] tables = [.. Enumerable.Range(0, PriorityClasses.Count).Select(LedgerSchema.QueueOf), LedgerSchema.Refused];
        _all = [.. tables.Select(table => connection.Prepare($"SELECT seq, packed FROM {table} WHERE seq > ?1 ORDER BY seq LIMIT ?2"))];
        _newer = [.. tables.Select(table => connection.Prepare($"SELECT seq, packed FROM {table} WHERE seq > ?1 AND seq <= ?2"))];
    }

    /// <summary>The rows of content ids: for each that has one, its sequence number. A URL that was admitted is not looked up among the refused lines.</summary>
    /// <param name="ids">As many as memory holds.</param>
    /// <param name="progress">Gets the rows read so far, after every piece.</param>
    /// <param name="onlyAdmitted">Whether refused lines are left out.</param>
    public Dictionary<UInt128, long> Find(IEnumerable<UInt128> ids, Action<long>? progress = null, bool onlyAdmitted = false)
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
        foreach (var table in onlyAdmitted ? _all.AsSpan(..^1) : _all)
            InPieces(table);
        return found;

        void InPieces(SqlStatement table)
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
                    if (KeyOf(table) is var id && missing.Remove(id))
                        found[id] = last;
                }

                table.Reset();
                progress?.Invoke(read += rows);
            }
        }
    }

    /// <summary>Whether a content id is that of a document or an alias.</summary>
    public bool IsOver(UInt128 id)
    {
        var isOver = _done.Bind(1, ContentId.ToHex(id)).Step();
        _done.Reset();
        return isOver;
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
            foreach (var table in _newer)
            {
                if (Search(table) is var sequence and > 0)
                    return sequence;
            }

            above = end;

            long Search(SqlStatement rows)
            {
                long sequence = 0;
                rows.Bind(1, above).Bind(2, end);
                while (sequence == 0 && rows.Step())
                    sequence = KeyOf(rows) == id ? rows.Int64(0) : 0;
                rows.Reset();
                return sequence;
            }
        }

        return 0;
    }

    /// <summary>What every packed column begins with.</summary>
    private static UInt128 KeyOf(SqlStatement row) => BinaryPrimitives.ReadUInt128BigEndian(row.Bytes(1));
}
