using System.Globalization;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether the database is whole and a ledger of this program.</summary>
internal static class LedgerFileCheck
{
    private const int MostComplaints = 20;
    private const string ByHand = "Put a copy back; or save what can be read: sqlite3 ledger.db .recover | sqlite3 new.db, put new.db in its place, then atlas fsck --repair";

    /// <summary>What must be there to look further.</summary>
    private static readonly string[] Tables =
        ["meta", "cursors", "work", "content_metadata", LedgerSchema.Refused, LedgerSchema.Dead, LedgerSchema.Aliases, LedgerSchema.Checked, LedgerSchema.Versions, "sources", "source_offsets", "counters", "seen_checkpoint", "bodies_tail", "found", "replays", "replay_items", "letters_gone",
            .. Enumerable.Range(0, PriorityClasses.Count).Select(LedgerSchema.QueueOf)];

    /// <summary>False when it makes no sense to look further.</summary>
    public static bool Run(Examination examination)
    {
        var ledger = examination.Ledger;
        if (ledger.Scalar("PRAGMA application_id") is var application and not LedgerSchema.ApplicationId)
            return Refuse(examination, $"is a database of something else (application_id {application})", 1, "Put the ledger back.");
        if (ledger.Scalar("PRAGMA user_version") is var version and not LedgerSchema.Version)
            return Refuse(examination, $"has schema version {version}, and this program works on version {LedgerSchema.Version}", 1, "Go on with the program that made it.");

        examination.Progress.Begin("checking the database's pages", 0);
        if (!PagesAreWhole(examination))
            return false;

        var missing = Tables.Where(table => ledger.Scalar($"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '{table}'") == 0).ToList();
        if (missing.Count > 0)
            return Refuse(examination, $"lacks tables: {string.Join(", ", missing)}", missing.Count, ByHand);
        if (ledger.Text("SELECT value FROM meta WHERE name = 'ruleset_version'") is var rules && rules != CanonicalizationRules.RulesetVersion.ToString(CultureInfo.InvariantCulture))
            return Refuse(examination, $"holds keys by version {rules} of the canonical rules, and this program makes them by version {CanonicalizationRules.RulesetVersion}", 1, "Go on with the program that made it.");
        return true;
    }

    private static bool PagesAreWhole(Examination examination)
    {
        var complaints = new List<string>();
        var check = examination.Ledger.Prepare("PRAGMA integrity_check");
        while (check.Step())
            complaints.Add(check.Text(0));
        check.Reset();
        if (complaints is ["ok"])
            return true;

        // What an index lacks its table has.
        if (complaints.TrueForAll(IsOfAnIndex))
        {
            examination.Repairable("ledger", $"a database index does not fit its table: {complaints[0]}", examination.State.LedgerFile, complaints.Count, "--repair makes the database's indexes anew.",
                () => examination.Ledger.Execute("REINDEX"));
            return examination.Repairs;
        }

        foreach (var complaint in complaints.Take(MostComplaints))
            examination.Damage("ledger", $"the database is damaged: {complaint.ReplaceLineEndings(" ")}", examination.State.LedgerFile, 1, ByHand);
        return false;
    }

    private static bool IsOfAnIndex(string complaint) =>
        complaint.Contains("missing from index", StringComparison.Ordinal) || complaint.Contains("wrong # of entries in index", StringComparison.Ordinal)
        || complaint.Contains("values differ from index", StringComparison.Ordinal);

    private static bool Refuse(Examination examination, string what, long count, string wayOut)
    {
        examination.Damage("ledger", what, examination.State.LedgerFile, count, wayOut);
        return false;
    }

    /// <summary>The finding for a database that SQLite does not read at all.</summary>
    public static Finding Unreadable(string file, LedgerException failure) =>
        new(FindingState.Damaged, "ledger", $"the database cannot be read: {failure.Message}", file, 1, ByHand);
}
