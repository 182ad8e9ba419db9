using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>All that a migration has written, as one number. When that was is no part of it, so that a migration that was killed and one that was not have the same.</summary>
internal static class MigrationDigest
{
    /// <summary>Of packed columns: key and strategy of a queue row, key, reason and flaw of a letter.</summary>
    private const int KeyAndStrategy = 17, KeyReasonAndFlaw = 19;

    public static string Of(SqlConnection ledger, long number)
    {
        using var digest = new RowDigest();
        var first = ledger.Scalar($"SELECT first_seq FROM migrations WHERE number = {number}");
        Add($"SELECT n, place, seq, content_id, rows FROM migrated WHERE migration = {number} ORDER BY n", 5);
        for (var level = 0; level < PriorityClasses.Count; level++)
            Add($"SELECT seq, url, substr(packed, 1, {KeyAndStrategy}) FROM {LedgerSchema.QueueOf(level)} WHERE seq >= {first} ORDER BY seq", 3);
        Add($"SELECT seq, line, substr(packed, 1, {KeyReasonAndFlaw}) FROM refused WHERE seq >= {first} ORDER BY seq", 3);
        Add($"SELECT seq, content_id, source_url, url_domain, content_type, body_sha256, segment, body_offset, body_length FROM content_metadata WHERE seq >= {first} ORDER BY id", 9);
        Add($"SELECT seq, notes, facts FROM letter_notes WHERE seq >= {first} ORDER BY seq", 3);
        Add($"SELECT seq, n, status, reason, error FROM attempts WHERE seq >= {first} ORDER BY seq, n", 5);
        Add("SELECT legacy_id, content_id, database FROM legacy_ids ORDER BY legacy_id", 3);
        Add("SELECT name, code, value FROM counters ORDER BY name, code", 3);
        return digest.End();

        void Add(string sql, int columns)
        {
            var rows = ledger.Prepare(sql);
            while (rows.Step())
                digest.Append(rows, 0, columns);
            rows.Reset();
        }
    }
}
