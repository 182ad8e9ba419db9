using System.Globalization;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>The roadmap's <c>dead_letter_queue</c>, as a view over the lines that were refused and the admitted URLs that died. For people, not for the engine.</summary>
internal static class DeadLetterView
{
    public const string Name = "dead_letter_queue";

    private const string Packed = "r.packed";

    /// <summary>Without a semicolon, so that it is what SQLite keeps of it.</summary>
    public static string Sql() => $"""
        CREATE VIEW {Name}(id, content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, notes, seq, was_admitted, source_name, source_offset, ruleset_version) AS
        SELECT r.seq, {PackedSql.ContentId(Packed)}, r.line, {Error()}, {ReasonName()}, 0, {PackedSql.Time(Packed, 19)}, NULL, r.seq, 0,
          coalesce((SELECT s.name FROM sources s WHERE s.id = {PackedSql.Number(Packed, 27, 4)}), ''), {PackedSql.Number(Packed, 31, 8)}, {PackedSql.Number(Packed, PackedRefusal.RulesetStart, 1)} FROM refused r
        UNION ALL SELECT d.seq, d.content_id, d.source_url, d.original_error, d.failure_classification, d.retry_count, d.quarantined_at, d.notes, d.seq, 1,
          d.source_name, d.source_offset, d.ruleset_version FROM dead d
        """;

    /// <summary>What is known beyond the reason; else the reason.</summary>
    private static string Error()
    {
        var sql = new StringBuilder($"CASE {PackedSql.Hex(Packed, 18, 1)} ");
        foreach (var flaw in Enum.GetValues<CanonicalizationError>())
        {
            if (flaw != CanonicalizationError.None)
                sql.Append(CultureInfo.InvariantCulture, $"WHEN '{(byte)flaw:X2}' THEN '{Encoding.ASCII.GetString(CanonicalizationErrorNames.Of(flaw))}' ");
        }

        return sql.Append(CultureInfo.InvariantCulture, $"ELSE {ReasonName()} END").ToString();
    }

    /// <summary>No line is refused for an HTTP status, but what was imported may have been given up for one elsewhere.</summary>
    private static string ReasonName()
    {
        var (code, number) = (PackedSql.Hex(Packed, 16, 2), PackedSql.Number(Packed, 16, 2));
        var sql = new StringBuilder($"CASE {code} ");
        foreach (var reason in Reason.OwnNames)
            sql.Append(CultureInfo.InvariantCulture, $"WHEN '{reason.Code:X4}' THEN '{reason.Name}' ");
        sql.Append(CultureInfo.InvariantCulture, $"ELSE CASE WHEN {code} BETWEEN '{Reason.Http(100).Code:X4}' AND '{Reason.Http(999).Code:X4}' THEN 'http_' || ({number} - {Reason.Http(0).Code}) ");
        return sql.Append(CultureInfo.InvariantCulture, $"ELSE 'code ' || {number} END END").ToString();
    }
}
