using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Changes a legacy database in place, for those who keep running the old program: after a checked copy, in one transaction, so that it is changed whole or not at all.</summary>
internal static class InPlace
{
    /// <exception cref="MigrationRefusedException">It has no queue or no metadata, or is damaged.</exception>
    /// <exception cref="LedgerException">It cannot be written, or somebody else holds it.</exception>
    public static InPlaceOutcome Run(string file, MigrationSettings settings, Seams seams, StepProgress progress)
    {
        using var database = SqlConnection.Open(file);

        // On by default in this build of SQLite, and the rows break them: those programs ran without.
        database.Execute("PRAGMA foreign_keys=OFF; PRAGMA cache_size=-262144");
        var before = new LegacyShape(database);
        if (!LegacyTables.IsIn(before, LegacyTable.Queue) || !LegacyTables.IsIn(before, LegacyTable.Metadata))
            throw new MigrationRefusedException($"{file} has no processing_queue and content_metadata with source_url: it is no database of Atlas v2 that could be changed in place.");
        progress.Begin("backing up", 0);
        var folder = new InPlaceFolder(file, seams.Disk);
        var record = folder.BackUp(database);
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            var outcome = Change(database, before, settings, seams, progress);
            database.Execute("COMMIT");
            if (outcome.ChangedAnything || record.After is null)
                folder.Write(record with { After = LedgerDigest.Of(database) });
            progress.End();
            return outcome;
        }
        catch
        {
            RollBack(database);
            throw;
        }
    }

    /// <summary>Looks whether every row that was there is: as it is, or in the dead letters, or whole among the aliases.</summary>
    /// <returns>What is not, by table and id.</returns>
    public static IReadOnlyList<string> Verify(string file, IDisk disk, StepProgress progress)
    {
        var folder = Complete(file, disk);
        if (LegacyFile.DigestOf(folder.Copy).Sha256 != folder.Read().CopySha256)
            return [$"{folder.Copy} is not the copy that was made"];
        progress.Begin("looking for every row", 0);
        using var database = SqlConnection.Open(file, readOnly: true);
        database.Execute($"ATTACH '{folder.Copy.Replace("'", "''", StringComparison.Ordinal)}' AS before");
        var missing = new List<string>();
        foreach (var (table, alsoAt) in new[] { ("content_metadata", ""), ("processing_queue", ""), ("dead_letter_queue", ""), ("processed_content", ""), ("processing_log", "id"), ("migration_log", "id") })
        {
            if (database.Scalar($"SELECT count(*) FROM before.sqlite_schema WHERE name = '{table}'") == 0)
                continue;
            var id = alsoAt.Length > 0 ? alsoAt : "content_id";
            var rows = database.Prepare($"SELECT b.{id} FROM before.{table} b WHERE NOT EXISTS(SELECT 1 FROM main.{table} m WHERE m.{id} IS b.{id}) AND NOT EXISTS(SELECT 1 FROM main.{InPlaceColumns.Aliases} a WHERE a.alias_id = b.{id} AND a.legacy_table = '{table}') LIMIT 100");
            while (rows.Step())
                missing.Add($"{table}: {rows.Text(0)}");
            rows.Reset();
        }

        progress.End();
        return missing;
    }

    /// <summary>Puts the database back as it was.</summary>
    /// <exception cref="MigrationRefusedException">There is no copy; or the old program has changed the database since.</exception>
    public static string RollBack(string file, bool force, IDisk disk, StepProgress progress)
    {
        var folder = Complete(file, disk);
        var record = folder.Read();
        if (LegacyFile.DigestOf(folder.Copy).Sha256 != record.CopySha256)
            throw new StateDamagedException($"{folder.Copy} is not the copy that was made and checked. Nothing was changed.");
        progress.Begin("putting the database back", 0);
        if (!force && File.Exists(file))
        {
            using var database = SqlConnection.Open(file, readOnly: true);
            if (LedgerDigest.Of(database) is var now && now != record.After && now != record.Before)
                throw new MigrationRefusedException($"{file} was changed since, and that would be lost. Give --force to put it back all the same.");
        }

        var fresh = file + ".before";
        File.Copy(folder.Copy, fresh, overwrite: true);
        using (var copy = disk.Open(fresh))
            copy.Sync();
        foreach (var companion in new[] { file + "-wal", file + "-shm", file + "-journal" }.Where(disk.Exists))
            disk.Delete(companion);
        disk.Rename(fresh, file);
        disk.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        using (var database = SqlConnection.OpenImmutable(file))
        {
            if (LedgerDigest.Of(database) != record.Before)
                throw new StateDamagedException($"{file} was put back and does not say what it said before.");
        }

        folder.Delete();
        progress.End();
        return record.Before;
    }

    private static InPlaceOutcome Change(SqlConnection database, LegacyShape before, MigrationSettings settings, Seams seams, StepProgress progress)
    {
        var columns = InPlaceColumns.Add(database, before);
        var census = new LegacyCensus(settings.Rules, settings.Times, progress);
        census.Read(database, "main");
        census.Finish();
        var change = new InPlaceChange(database, census, seams.Time.GetUtcNow());
        progress.Begin("classifying every row", 0);
        change.Classify(settings.Rules, withPriorities: !before.Has("processing_queue", "priority_text"));
        progress.Begin("merging what is one page", 0);
        var merged = change.Merge();
        progress.Begin("moving what cannot be fetched", 0);
        var outcome = new InPlaceOutcome(columns, merged, change.MoveUnfetchable(), change.FreeStuck());
        progress.Begin("making the indexes", 0);
        InPlaceColumns.AddIndexes(database);
        return outcome;
    }

    private static InPlaceFolder Complete(string file, IDisk disk)
    {
        var folder = new InPlaceFolder(file, disk);
        return folder.IsComplete ? folder : throw new MigrationRefusedException($"There is no {folder.Path}: {file} was not changed in place, or its copy was taken away.");
    }

    private static void RollBack(SqlConnection database)
    {
        try
        {
            database.Execute("ROLLBACK");
        }
        catch (LedgerException)
        {
            // SQLite has done so itself, as it does on a full disk; what ended the transaction is worth more.
        }
    }
}
