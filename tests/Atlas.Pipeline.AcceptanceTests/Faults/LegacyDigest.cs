using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>What a database says that was changed in place, without the time at which that was.</summary>
internal static class LegacyDigest
{
    public static string Of(string file)
    {
        using var database = SqlConnection.Open(file);
        database.Execute("BEGIN; UPDATE dead_letter_queue SET quarantined_at = '' WHERE notes = 'moved by atlas migrate in-place'");
        var digest = LedgerDigest.Of(database);
        database.Execute("ROLLBACK");
        return digest;
    }
}
