using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether the links that documents brought, and that nobody has read yet, are whole lines that follow one another from the place that is committed on.</summary>
internal static class FoundCheck
{
    private const string LostLinks = "What they led to is not fetched unless it is found elsewhere: put a copy of ledger.db back.";

    private static readonly string Places = $"FROM source_offsets WHERE file = '{DiscoveredSource.Links}'";

    public static void Run(Examination examination)
    {
        examination.Progress.Begin("checking the links found", 0);
        Count(examination, "typeof(lines) <> 'blob' OR length(lines) = 0 OR hex(substr(lines, -1)) <> '0A' OR depth NOT BETWEEN 1 AND 255 OR start < 0", "links of documents cannot be read");
        Count(examination, "start <> (SELECT p.start + length(p.lines) FROM found p WHERE p.start < found.start ORDER BY p.start DESC LIMIT 1)", "links of documents do not follow those before them");

        var ledger = examination.Ledger;
        var first = ledger.Scalar("SELECT coalesce(min(start), 0) FROM found");
        var end = ledger.Scalar("SELECT coalesce(max(start + length(lines)), 0) FROM found");
        if (ledger.Scalar($"SELECT coalesce(max(offset), 0) {Places}") is var committed && committed < first)
            examination.Damage("ledger", $"links of documents are gone that nobody has read: from place {committed} to {first}", "found.start", first - committed, LostLinks);

        var beyond = ledger.Scalar($"SELECT count(*) {Places} AND offset > {end}");
        if (beyond > 0)
        {
            examination.Repairable("ledger", "places in the links of documents stand beyond the last of them", "source_offsets.offset", beyond, "--repair sets them to the end, so that what is found next is read.",
                () => examination.InTransaction(() => ledger.Execute($"UPDATE source_offsets SET offset = {end} WHERE file = '{DiscoveredSource.Links}' AND offset > {end}")));
        }
    }

    private static void Count(Examination examination, string where, string what)
    {
        var rows = examination.Ledger.Prepare($"SELECT count(*), min(start) FROM found WHERE {where}");
        rows.Step();
        var (count, first) = (rows.Int64(0), rows.Int64(1));
        rows.Reset();
        if (count > 0)
            examination.Damage("ledger", what, $"found.start {first}", count, LostLinks);
    }
}
