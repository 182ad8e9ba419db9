using Atlas.Pipeline.Ledger;

namespace Atlas.LegacyData;

/// <summary>Writes databases as the legacy programs left them, with every defect that they have; the same for the same seed.</summary>
public static class LegacyDatabase
{
    /// <summary>Writes one.</summary>
    /// <param name="file">Must not be there.</param>
    /// <param name="era">Which tables it has.</param>
    /// <param name="sizes">How many rows; by default those of the roadmap.</param>
    public static LegacyCounts Write(string file, LegacyEra era, LegacySizes? sizes = null)
    {
        using var database = SqlConnection.Open(file);
        database.Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; PRAGMA foreign_keys=OFF; BEGIN");
        var counts = era == LegacyEra.Version1 ? new Version1Rows(database, sizes ?? new LegacySizes()).Write() : new Version2Rows(database, era, sizes ?? new LegacySizes()).Write();
        database.Execute("COMMIT; PRAGMA journal_mode=DELETE");
        return counts;
    }
}
