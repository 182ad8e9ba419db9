using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Changes the rows of a legacy database to what the roadmap wants, inside the caller's transaction: classifies all, merges what is one page, moves what cannot be fetched to the dead letters, frees what is stuck. Done again it finds nothing to do.</summary>
internal sealed class InPlaceChange
{
    private const string Queue = "processing_queue", Metadata = "content_metadata", Content = "processed_content";

    /// <summary>A key that is text may be NULL here: such a row goes by its number.</summary>
    private const string IdOfRow = "coalesce(q.content_id, 'row ' || q.rowid)";

    private readonly SqlConnection _database;
    private readonly LegacyShape _shape;
    private readonly LegacyCensus _census;
    private readonly SqlStatement _classifyMetadata, _classifyQueue;
    private readonly string _now;

    /// <param name="database">With all columns.</param>
    /// <param name="census">Of it.</param>
    /// <param name="now">When letters are moved.</param>
    public InPlaceChange(SqlConnection database, LegacyCensus census, DateTimeOffset now)
    {
        (_database, _shape, _census) = (database, new LegacyShape(database), census);
        _now = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        _classifyMetadata = database.Prepare($"UPDATE {Metadata} SET url_scheme = ?2, url_domain = ?3, is_processable = ?4, failure_reason = coalesce(nullif(failure_reason, ''), ?5), processing_strategy = ?6 WHERE rowid = ?1");
        _classifyQueue = database.Prepare($"UPDATE {Queue} SET normalized_url = ?2, processing_strategy = ?3, priority = CASE WHEN ?4 < 0 THEN priority ELSE ?4 END WHERE rowid = ?1");
    }

    /// <summary>Says of every row what it is.</summary>
    /// <param name="rules">By which.</param>
    /// <param name="withPriorities">Whether the numbers of the priority are made from its text: once, as they are the program's from then on.</param>
    public void Classify(Check.KeyRules rules, bool withPriorities)
    {
        var judge = new UrlJudge<(LegacyTable Table, long Row, int Priority)>(rules, Classified);
        foreach (var table in new[] { LegacyTable.Metadata, LegacyTable.Queue }.Where(table => LegacyTables.IsIn(_shape, table)))
        {
            var priority = table == LegacyTable.Queue && withPriorities ? LegacyField.Count + IndexOf(Queue, "priority_text") : LegacyField.Priority;
            new LegacyScan(_database, LegacyTables.Select(_shape, table), LegacyTables.NameOf(table)).Read(row =>
                judge.Add(LegacyCensus.LineOf(row), (table, row.Int64(0), withPriorities ? PriorityClasses.RoadmapValueOf(LegacyPriorities.Of(row.Bytes(priority)) ?? PriorityClass.Normal) : -1)));
            judge.Flush();
        }
    }

    /// <summary>Leaves one row of metadata and one of the queue for each page that can be fetched: the earliest id. What goes is kept whole in the table of aliases.</summary>
    /// <returns>Rows that went.</returns>
    public long Merge()
    {
        long merged = 0;
        for (var group = 0; group < _census.Groups; group++)
        {
            if (_census.RowsOf(group).Length < 2 || _census.Group(group).Refusal != Reason.None)
                continue;
            var (metadata, queued) = (Earliest(group, LegacyTable.Metadata), Chosen(group));
            var id = IdOf(metadata >= 0 ? metadata : queued);
            merged += Merge(group, LegacyTable.Metadata, metadata, id) + Merge(group, LegacyTable.Queue, queued, id) + Rename(queued, id);
        }

        return merged;
    }

    /// <summary>Moves queue rows that nothing can fetch to the dead letters, of whatever shape; a letter that is there already stays as it is.</summary>
    public long MoveUnfetchable()
    {
        var columns = new (string Column, string Value)[]
        {
            ("content_id", IdOfRow), ("source_url", "coalesce(q.source_url, '')"), ("source_name", "coalesce(q.source_name, '')"), ("original_error", "'no http or https URL'"), ("failure_type", "'unsupported'"),
            ("quarantine_reason", "CASE q.processing_strategy WHEN 'file_local' THEN 'file_scheme' ELSE 'invalid_scheme' END"), ("failure_classification", "CASE q.processing_strategy WHEN 'file_local' THEN 'file_scheme' ELSE 'invalid_scheme' END"),
            ("retry_count", "coalesce(q.retry_count, 0)"), ("classification_json", "json_object('strategy', q.processing_strategy)"), ("quarantined_at", $"'{_now}'"), ("notes", "'moved by atlas migrate in-place'"),
            ("metadata_json", "coalesce(q.metadata_json, '{}')"),
        }.Where(column => _shape.Has("dead_letter_queue", column.Column)).ToList();
        const string Unfetchable = "processing_strategy IN ('file_local', 'unsupported', 'dead_letter')";
        KeepWhole($"{Queue} q WHERE q.{Unfetchable}", Queue, IdOfRow);
        _database.Execute($"INSERT OR IGNORE INTO dead_letter_queue({string.Join(", ", columns.Select(column => column.Column))}) SELECT {string.Join(", ", columns.Select(column => column.Value))} FROM {Queue} q WHERE q.{Unfetchable}; DELETE FROM {Queue} WHERE {Unfetchable}");
        return _database.Changes;
    }

    /// <summary>What nothing picks any more is pending again.</summary>
    public long FreeStuck()
    {
        _database.Execute($"UPDATE {Queue} SET status = 'pending', retry_count = 0 WHERE status IN ('processing', 'retry') OR (status = 'pending' AND retry_count >= 3)");
        return _database.Changes;
    }

    private void Classified(UrlBatch batch, ref UrlRow row, in (LegacyTable Table, long Row, int Priority) about)
    {
        var form = batch.CanonicalOf(row);
        var strategy = row.CanonicalLength == 0 ? ProcessingStrategies.NameOf(ProcessingStrategy.DeadLetter) : ProcessingStrategies.NameOf(row.Strategy);
        if (about.Table == LegacyTable.Queue)
        {
            _classifyQueue.Bind(1, about.Row).Bind(2, Encoding.UTF8.GetString(form)).Bind(3, strategy).Bind(4, about.Priority).Run();
            return;
        }

        var text = batch.TextOf(row);
        var scheme = row.CanonicalLength > 0 ? Encoding.UTF8.GetString(text[..Math.Max(0, text.IndexOf((byte)':'))]).Trim().ToLowerInvariant() : "";
        _classifyMetadata.Bind(1, about.Row).Bind(2, scheme).Bind(3, Encoding.UTF8.GetString(batch.HostOf(row))).Bind(4, row.Fate == Fate.Forward ? 1 : 0)
            .Bind(5, row.Fate == Fate.Forward ? null : row.Reason.Name).Bind(6, strategy).Run();
    }

    private long Merge(int group, LegacyTable table, int kept, string id)
    {
        long merged = 0;
        if (kept < 0)
            return 0;
        foreach (var number in _census.RowsOf(group))
        {
            var row = _census.Rows[number];
            if (row.Table != table || number == kept)
                continue;
            var name = LegacyTables.NameOf(table);
            if (table == LegacyTable.Metadata && _shape.Has(Content))
                MoveContent(IdOf(number), id);
            KeepWhole(string.Create(CultureInfo.InvariantCulture, $"{name} q WHERE q.rowid = {row.Row}"), name, Quoted(id));
            _database.Execute(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM {name} WHERE rowid = {row.Row}"));
            merged++;
        }

        return merged;
    }

    /// <summary>The row of the queue that stays goes by the id that its metadata has.</summary>
    private long Rename(int queued, string id)
    {
        if (queued < 0 || IdOf(queued) == id)
            return 0;
        var row = _census.Rows[queued].Row;
        if (_database.Scalar($"SELECT EXISTS(SELECT 1 FROM {Queue} WHERE content_id = {Quoted(id)})") != 0)
            return 0;
        KeepWhole(string.Create(CultureInfo.InvariantCulture, $"{Queue} q WHERE q.rowid = {row}"), Queue, Quoted(id));
        _database.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE {Queue} SET content_id = {Quoted(id)} WHERE rowid = {row}"));
        return 1;
    }

    /// <summary>What was kept of a page stays under the id that stays, unless there is something.</summary>
    private void MoveContent(string from, string to)
    {
        _database.Execute($"""
            INSERT INTO {InPlaceColumns.Aliases}(alias_id, legacy_table, content_id, source_url, legacy_row) SELECT content_id, '{Content}', {Quoted(to)}, NULL, '' FROM {Content}
              WHERE content_id = {Quoted(from)} AND NOT EXISTS(SELECT 1 FROM {Content} WHERE content_id = {Quoted(to)});
            UPDATE OR IGNORE {Content} SET content_id = {Quoted(to)} WHERE content_id = {Quoted(from)};
            """);
    }

    private string IdOf(int number) =>
        number < 0 ? "" : _database.Text(string.Create(CultureInfo.InvariantCulture, $"SELECT coalesce(content_id, 'row ' || rowid) FROM {LegacyTables.NameOf(_census.Rows[number].Table)} WHERE rowid = {_census.Rows[number].Row}"));

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The row of the queue that stays: one that is wanted before one that was given up, then the most urgent, then the earliest.</summary>
    private int Chosen(int group)
    {
        var best = -1;
        var (bestWish, bestPriority) = (-1L, long.MinValue);
        foreach (var number in _census.RowsOf(group))
        {
            var row = _census.Rows[number];
            if (row.Table != LegacyTable.Queue)
                continue;
            var wish = _database.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT CASE WHEN status IN ('failed', 'quarantined') THEN 0 WHEN status = 'completed' THEN 1 ELSE 2 END FROM {Queue} WHERE rowid = {row.Row}"));
            var priority = _database.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT priority FROM {Queue} WHERE rowid = {row.Row}"));
            if (best < 0 || (wish, priority).CompareTo((bestWish, bestPriority)) > 0)
                (best, bestWish, bestPriority) = (number, wish, priority);
        }

        return best;
    }

    private int Earliest(int group, LegacyTable table)
    {
        if (_census.Rows[_census.Group(group).First].Table == table)
            return _census.Group(group).First;
        foreach (var number in _census.RowsOf(group))
        {
            if (_census.Rows[number].Table == table)
                return number;
        }

        return -1;
    }

    /// <summary>Writes rows that will go into the table of aliases, with all they say.</summary>
    private void KeepWhole(string fromWhere, string table, string canonical)
    {
        var columns = string.Join(", ", _shape.ColumnsOf(table).Select(column => (Text: Quoted(column), Name: SqlName.Of(column))).Select(column => $"{column.Text}, CASE typeof(q.{column.Name}) WHEN 'blob' THEN hex(q.{column.Name}) ELSE q.{column.Name} END"));
        _database.Execute($"INSERT INTO {InPlaceColumns.Aliases}(alias_id, legacy_table, content_id, source_url, legacy_row) SELECT {IdOfRow}, '{table}', coalesce({canonical}, ''), q.source_url, json_object({columns}) FROM {fromWhere}");
    }

    private int IndexOf(string table, string column) => _shape.ColumnsOf(table).ToList().FindIndex(name => name.Equals(column, StringComparison.OrdinalIgnoreCase));
}
