namespace Atlas.Pipeline.Ledger;

/// <summary>A migration that has begun and not come to its end, or whose rollback has: what is in a state directory then is half of something, and nobody else may change it.</summary>
internal static class UnfinishedMigration
{
    /// <summary>The folder in a state directory with one folder for each migration.</summary>
    public const string Folder = "migration";

    /// <summary>The plan in a migration's folder, by which it can be finished.</summary>
    public const string PlanName = "plan.json";

    /// <summary>Lies in a migration's folder while it is taken back.</summary>
    public const string TakenBackName = "being-taken-back";

    /// <summary>The migration that a ledger has begun and not ended; null if there is none.</summary>
    public static string? In(SqlConnection ledger) =>
        ledger.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") != 0 && ledger.Text("SELECT id FROM migrations WHERE ended_at IS NULL LIMIT 1") is { Length: > 0 } id ? id : null;

    /// <summary>The migration whose rollback has begun in a state directory and not ended; null if there is none.</summary>
    public static string? BeingTakenBack(string state)
    {
        var folder = Path.Combine(state, Folder);
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Where(migration => File.Exists(Path.Combine(migration, TakenBackName))).Select(Path.GetFileName).Order(StringComparer.Ordinal).FirstOrDefault() : null;
    }

    /// <exception cref="StateInUseException">A rollback has not come to its end.</exception>
    public static void ThrowIfBeingTakenBack(string state)
    {
        if (BeingTakenBack(state) is { } id)
            throw StateInUseException.TakenBack(state, id);
    }

    /// <exception cref="StateInUseException">A migration has not come to its end.</exception>
    public static void ThrowIfIn(SqlConnection ledger, string state)
    {
        if (In(ledger) is { } id)
            throw StateInUseException.Migrating(state, Path.Combine(state, Folder, id, PlanName));
    }
}
