using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Looks for the eleven defects in one database. What cannot be asked of it, because a table or column is missing or damaged, cannot be told.</summary>
internal sealed class DefectChecks(SqlConnection database, LegacyShape shape, LegacyCensus census, int inputs)
{
    private const string Queue = "processing_queue", Metadata = "content_metadata", Letters = "dead_letter_queue", Content = "content", Episodes = "episode_queue";

    /// <summary>Columns that were added later, if their statement ran.</summary>
    internal static readonly IReadOnlyList<(string Table, string Column)> LaterColumns =
    [
        (Queue, "normalized_url"), (Queue, "processing_strategy"), (Queue, "next_retry_at"),
        (Metadata, "url_scheme"), (Metadata, "url_domain"), (Metadata, "is_processable"), (Metadata, "failure_reason"),
    ];

    public IReadOnlyList<Defect> All() =>
    [
        Of(1, "the priority sorts as text", shape.Has(Queue, "priority"), $"SELECT count(*) FROM {Queue} WHERE priority IS NOT NULL AND priority <> 'normal'", "words and numbers become one order"),
        Of(2, "the roadmap's queue indexes need columns that are missing", shape.Has(Queue), $"SELECT 2 - (SELECT count(*) FROM pragma_table_info('{Queue}') WHERE name IN ('processing_strategy', 'next_retry_at'))", "not needed here; in-place adds them first"),
        !shape.Has(Metadata, "is_processable")
            ? new Defect(3, NotProcessable, shape.Has(Metadata) ? DefectVerdict.Absent : DefectVerdict.CannotBeTold, 0, "every URL is classified anew")
            : new Defect(3, NotProcessable, census.WronglyProcessable > 0 ? DefectVerdict.Present : DefectVerdict.Absent, census.WronglyProcessable, "every URL is classified anew"),
        Sum(4, "URLs stand in a table more than once", [(Metadata, "source_url", "count(*) - count(DISTINCT source_url)"), (Content, "url", "count(url) - count(DISTINCT url)"), (Episodes, "episode_url", "count(episode_url) - count(DISTINCT episode_url)")], "one resource is one row; the earliest id is kept, the others lead to it"),
        HalfAltered(),
        Sum(6, "rows are stuck that nothing picks",
            [(Queue, "status", $"count(*) FILTER (WHERE status IN ('processing', 'retry'){(shape.Has(Queue, "retry_count") ? " OR (status = 'pending' AND retry_count >= 3)" : "")})"), (Episodes, "status", "count(*) FILTER (WHERE status = 'processing')")], "they are queued"),
        Of(7, "metadata without a queue row, and queue rows without metadata", shape.Has(Queue) && shape.Has(Metadata),
            $"SELECT (SELECT count(*) FROM {Metadata} m WHERE NOT EXISTS(SELECT 1 FROM {Queue} q WHERE q.content_id = m.content_id)) + (SELECT count(*) FROM {Queue} q WHERE NOT EXISTS(SELECT 1 FROM {Metadata} m WHERE m.content_id = q.content_id))",
            "every row counts for itself, by its URL"),
        new Defect(8, "times say nothing of their zone and were compared as text", census.NaiveTimes > 0 ? DefectVerdict.Present : DefectVerdict.Absent, census.NaiveTimes, "they are read as times of --timezone"),
        LostLetters(),
        inputs > 1
            ? new Defect(10, "rows are spread over several files", DefectVerdict.Present, inputs, "all inputs are merged")
            : new Defect(10, "rows are spread over several files", DefectVerdict.CannotBeTold, 1, "give data/atlas_v2.db and ../data/atlas.db, if both are there"),
        Sum(11, "metadata that is no JSON, and missing titles",
            [
                (Metadata, "metadata_json", $"count(*) FILTER (WHERE (metadata_json IS NOT NULL AND NOT json_valid(metadata_json)){(shape.Has(Metadata, "title") ? " OR coalesce(title, '') = ''" : "")})"),
                (Content, "metadata", $"count(*) FILTER (WHERE (metadata IS NOT NULL AND NOT json_valid(metadata)){(shape.Has(Content, "title") ? " OR coalesce(title, '') = ''" : "")})"),
                (Episodes, "episode_title", "count(*) FILTER (WHERE coalesce(episode_title, '') = '')"),
            ],
            "kept as they are"),
    ];

    private const string NotProcessable = "rows say that they are processable and are not";

    private Defect HalfAltered()
    {
        var there = LaterColumns.Count(column => shape.Has(column.Table, column.Column));
        var verdict = !shape.Has(Queue) && !shape.Has(Metadata) ? DefectVerdict.CannotBeTold : there > 0 && there < LaterColumns.Count ? DefectVerdict.Present : DefectVerdict.Absent;
        return new Defect(5, "only some of the later columns are there", verdict, verdict == DefectVerdict.Present ? LaterColumns.Count - there : 0, "every column is looked for by itself");
    }

    /// <summary>A letter that was replaced has taken a new number, so numbers that were given and are not there are letters that are lost.</summary>
    private Defect LostLetters() => Of(9, "dead letters were replaced, and what they first said is lost", shape.Has(Letters) && database.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'") > 0,
        $"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '{Letters}'), 0) - (SELECT count(*) FROM {Letters})", "what is there is kept; all three shapes of the table are read");

    /// <summary>Over all tables that can have it.</summary>
    private Defect Sum(int number, string name, (string Table, string Column, string Count)[] places, string remedy)
    {
        var there = places.Where(place => shape.Has(place.Table, place.Column)).Select(place => $"(SELECT {place.Count} FROM {place.Table})").ToList();
        return Of(number, name, there.Count > 0, $"SELECT {string.Join(" + ", there)}", remedy);
    }

    private Defect Of(int number, string name, bool canBeTold, string count, string remedy)
    {
        if (!canBeTold)
            return new Defect(number, name, DefectVerdict.CannotBeTold, 0, remedy);
        try
        {
            var found = database.Scalar(count);
            return new Defect(number, name, found > 0 ? DefectVerdict.Present : DefectVerdict.Absent, Math.Max(0, found), remedy);
        }
        catch (LedgerException damage) when (!damage.IsOfTheMachine)
        {
            return new Defect(number, name, DefectVerdict.CannotBeTold, 0, remedy);
        }
    }
}
