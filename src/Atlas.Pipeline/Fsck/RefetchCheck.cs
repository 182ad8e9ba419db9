using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether every document is in one place of three: behind the cursor, in <c>work</c> to be asked for again, or in <c>checked</c>. One in none would never be asked for again, one in two twice.</summary>
internal static class RefetchCheck
{
    private const string Cursor = $"(SELECT CAST(value AS INTEGER) FROM meta WHERE name = '{LedgerSchema.RefetchCursor}')";

    private const string BeingAskedFor = "SELECT document FROM work WHERE document IS NOT NULL";

    /// <summary>A row of work that asks for a document which its URL does not have, or which was never taken up.</summary>
    private const string ForNothing = $"r.document IS NOT NULL AND NOT EXISTS(SELECT 1 FROM content_metadata m WHERE m.id = r.document AND m.seq = r.seq AND m.id <= {Cursor})";

    /// <summary>A row of checked that is not the last check of a document which waits for the next one.</summary>
    private const string OfNothing = $"""
        NOT EXISTS(SELECT 1 FROM content_metadata m WHERE m.id = r.document AND m.id <= {Cursor} AND r.at IN (m.fetched_at, m.checked_at, m.check_failed_at))
          OR (r.at, r.document) NOT IN (SELECT max(at), document FROM checked GROUP BY document) OR r.document IN ({BeingAskedFor})
        """;

    private const string Nowhere = $"FROM content_metadata r WHERE r.id <= {Cursor} AND r.id NOT IN ({BeingAskedFor}) AND r.id NOT IN (SELECT document FROM checked)";

    public static void Run(Examination examination)
    {
        CheckCursor(examination);
        var ledger = examination.Ledger;
        var asking = WorkCheck.Count(examination, $"FROM work r WHERE {ForNothing}");
        if (asking.Count > 0)
        {
            examination.Repairable("ledger", "rows of work ask again for documents that there are not", $"work.seq {asking.First}", asking.Count, "--repair has those fetched that have none, and takes the others out of work.",
                () => examination.InTransaction(() => ledger.Execute($"DELETE FROM work AS r WHERE {ForNothing} AND r.seq IN (SELECT seq FROM content_metadata); UPDATE work AS r SET document = NULL WHERE {ForNothing}")));
        }

        if (ledger.Scalar($"SELECT count(*) FROM checked r WHERE {OfNothing}") is var strays and > 0)
        {
            var first = ledger.Scalar($"SELECT min(document) FROM checked r WHERE {OfNothing}");
            examination.Repairable("ledger", "checks are remembered of documents that are not there, not done with, or were checked later", $"checked.document {first}", strays, "--repair forgets them.",
                () => examination.InTransaction(() => ledger.Execute($"DELETE FROM checked AS r WHERE {OfNothing}")));
        }

        var nowhere = WorkCheck.Count(examination, Nowhere);
        if (nowhere.Count > 0)
        {
            examination.Repairable("ledger", "documents would never be asked for again", $"content_metadata.seq {nowhere.First}", nowhere.Count, "--repair remembers when they were asked for last.",
                () => examination.InTransaction(() => ledger.Execute($"INSERT INTO checked(at, document) SELECT max(r.fetched_at, coalesce(r.checked_at, 0), coalesce(r.check_failed_at, 0)), r.id {Nowhere}")));
        }
    }

    /// <summary>Documents that are recorded next get the numbers behind the last one.</summary>
    private static void CheckCursor(Examination examination)
    {
        var last = examination.Ledger.Scalar("SELECT coalesce(max(id), 0) FROM content_metadata");
        var cursor = examination.Ledger.Text($"SELECT value FROM meta WHERE name = '{LedgerSchema.RefetchCursor}'");
        if (long.TryParse(cursor, out var number) && number >= 0 && number <= last)
            return;
        examination.Repairable("ledger", $"documents were taken up to be asked for again as far as {(cursor.Length > 0 ? cursor : "nobody knows")}, and the last one is {last}", $"meta.{LedgerSchema.RefetchCursor}", 1, "--repair sets it to the last one.",
            () => examination.InTransaction(() => examination.Ledger.Execute($"INSERT OR REPLACE INTO meta(name, value) VALUES('{LedgerSchema.RefetchCursor}', '{last}')")));
    }
}
