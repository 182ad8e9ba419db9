using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>A try that failed, as the legacy program's log has it.</summary>
/// <param name="At">Unix milliseconds; 0 where the log's time cannot be read.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Message">What was said.</param>
internal readonly record struct LegacyTry(long At, long Milliseconds, string Message);

/// <summary>Which tries of <c>processing_log</c> failed, by the id they are of. Only the numbers of their rows are held: about 60 bytes for each.</summary>
internal sealed class LegacyLog
{
    private const string Table = "processing_log";
    private static readonly string[] Columns = ["content_id", "status", "message", "duration_seconds", "timestamp"];

    private readonly Dictionary<(byte Input, string Id), List<long>> _failed = [];
    private readonly List<SqlStatement?> _find = [];
    private readonly LegacyTimes _times;

    public LegacyLog(LegacyRows rows, LegacyTimes times)
    {
        _times = times;
        foreach (var database in rows.Databases)
        {
            var shape = new LegacyShape(database);
            var isThere = Array.TrueForAll(Columns, column => shape.Has(Table, column));
            _find.Add(isThere ? database.Prepare($"SELECT timestamp, duration_seconds * 1000, message FROM {Table} WHERE rowid = ?1") : null);
            if (isThere)
                Read(database, (byte)(_find.Count - 1));
        }
    }

    /// <summary>In the order of the log.</summary>
    public IEnumerable<LegacyTry> Of(byte input, string id)
    {
        if (!_failed.TryGetValue((input, id), out var rows))
            yield break;
        var find = _find[input]!;
        foreach (var row in rows)
        {
            LegacyTry? failed = find.Bind(1, row).Step() ? new LegacyTry(_times.Parse(find.Bytes(0)) ?? 0, Math.Max(0, find.Int64(1)), find.Text(2)) : null;
            find.Reset();
            if (failed is { } found)
                yield return found;
        }
    }

    private void Read(SqlConnection database, byte input) =>
        new LegacyScan(database, $"SELECT t.rowid, t.content_id, t.status FROM {Table} t", Table).Read(row =>
        {
            if (!row.Bytes(2).SequenceEqual("failed"u8) && !row.Bytes(2).SequenceEqual("error"u8))
                return;
            var key = (input, row.Text(1));
            if (!_failed.TryGetValue(key, out var rows))
                _failed[key] = rows = [];
            rows.Add(row.Int64(0));
        });
}
