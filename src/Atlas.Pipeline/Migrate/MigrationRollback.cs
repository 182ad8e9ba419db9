using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Makes a state directory what it was before its last migration: the ledger from its checked copy, and without the bodies that came. Interrupted, it is done again.</summary>
internal static class MigrationRollback
{
    /// <summary>What there is to take back.</summary>
    /// <exception cref="MigrationRefusedException">Nothing, or its copies are gone.</exception>
    public static RollbackOffer Look(string state, IDisk disk)
    {
        var ids = MigrationFolder.Ids(state);
        var id = ids.FirstOrDefault(id => new MigrationFolder(state, id, disk).IsBeingTakenBack) ?? LastIn(state) ?? (ids.Count > 0 ? ids[^1] : throw new MigrationRefusedException($"Nothing was migrated into {state}."));
        var folder = new MigrationFolder(state, id, disk);
        if (!folder.IsComplete)
            throw new MigrationRefusedException($"{folder.Path} has no complete copy of what was there before: the migration never began, so there is nothing to take back.");
        return new RollbackOffer(id, folder.ReadBefore(), RanSince(state, id));
    }

    /// <param name="state">The state directory.</param>
    /// <param name="force">Also when something was run on it since: what that brought is lost.</param>
    /// <param name="disk">Its disk.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <exception cref="MigrationRefusedException">Something was run on it since; or the copies are not what they were.</exception>
    /// <exception cref="StateInUseException">Somebody is at work there.</exception>
    public static RollbackOffer Run(string state, bool force, IDisk disk, StepProgress progress)
    {
        using var directory = StateDirectory.Open(state, disk);
        var offer = Look(state, disk);
        if (offer.RanSince && !force)
            throw new MigrationRefusedException($"Something was run on {state} after migration {offer.Id}, and would be lost. Give --force to take the migration back all the same.");
        var folder = new MigrationFolder(state, offer.Id, disk);
        if (offer.Before.LedgerSha256 is { } sha256 && (!disk.Exists(folder.LedgerCopy) || LegacyFile.DigestOf(folder.LedgerCopy).Sha256 != sha256))
            throw new StateDamagedException($"{folder.LedgerCopy} is not the copy that was made and checked. Nothing was changed.");
        folder.MarkAsBeingTakenBack();
        progress.Begin("putting the ledger back", 0);
        PutBack(directory, folder, offer.Before, disk);
        progress.Begin("deleting the bodies that came", 0);
        DeleteNewFiles(directory, offer.Before, force && offer.RanSince, disk);
        progress.Begin("checking what is there now", 0);
        Check(directory, offer.Before);

        // Where nobody had worked before, a lock with a mark in it would say that a ledger is missing.
        if (offer.Before.Mark is { } mark)
            directory.WriteMark(mark);
        else
            disk.Delete(Path.Combine(state, "lock"));
        folder.Delete();
        progress.End();
        return offer;
    }

    private static string? LastIn(string state)
    {
        if (!File.Exists(StateDirectory.LedgerFileIn(state)) || new FileInfo(StateDirectory.LedgerFileIn(state)).Length == 0)
            return null;
        using var ledger = LedgerSchema.OpenForReading(StateDirectory.LedgerFileIn(state));
        return ledger.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0 ? null
            : ledger.Text("SELECT id FROM migrations ORDER BY number DESC LIMIT 1") is { Length: > 0 } id ? id : null;
    }

    /// <summary>Whether the ledger was opened by anybody after the migration, or has come further than that left it.</summary>
    private static bool RanSince(string state, string id)
    {
        if (!File.Exists(StateDirectory.LedgerFileIn(state)) || new FileInfo(StateDirectory.LedgerFileIn(state)).Length == 0)
            return false;
        using var ledger = LedgerSchema.OpenForReading(StateDirectory.LedgerFileIn(state));
        if (ledger.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0)
            return false;
        return ledger.Prepare($"SELECT epoch <> (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'epoch') OR progress <> ({LedgerMark.ProgressSql}) FROM migrations WHERE id = ?1").Bind(1, id) is var found
            && found.Step() && found.Int64(0) != 0;
    }

    private static void PutBack(StateDirectory directory, MigrationFolder folder, StateBefore before, IDisk disk)
    {
        if (before.LedgerSha256 is not null)
        {
            File.Copy(folder.LedgerCopy, directory.LedgerFile + ".before", overwrite: true);
            using var copy = disk.Open(directory.LedgerFile + ".before");
            copy.Sync();
        }

        // The log of what is taken back must not be found beside what was before.
        foreach (var file in new[] { directory.LedgerFile + "-wal", directory.LedgerFile + "-shm" }.Where(disk.Exists))
            disk.Delete(file);
        if (before.LedgerSha256 is not null)
            disk.Rename(directory.LedgerFile + ".before", directory.LedgerFile);
        else if (disk.Exists(directory.LedgerFile))
            disk.Delete(directory.LedgerFile);
        disk.SyncDirectory(directory.Path);
    }

    private static void DeleteNewFiles(StateDirectory directory, StateBefore before, bool withIndex, IDisk disk)
    {
        // Of an index that went on since nothing fits any more: the next run makes it anew from the ledger.
        if (withIndex && Directory.Exists(directory.SeenDirectory))
            Directory.Delete(directory.SeenDirectory, recursive: true);

        // What the dead letters are found by is made anew when somebody asks.
        if (Path.Combine(directory.Path, "letters") is var letters && Directory.Exists(letters))
            Directory.Delete(letters, recursive: true);
        foreach (var file in MigrationFolder.FilesOf(directory).Keys.Where(file => !before.Files.ContainsKey(file)))
            disk.Delete(Path.Combine(directory.Path, file));
        foreach (var folder in new[] { directory.BodiesDirectory, directory.SeenDirectory }.Where(folder => Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()))
            Directory.Delete(folder);
    }

    private static void Check(StateDirectory directory, StateBefore before)
    {
        var isThere = File.Exists(directory.LedgerFile);
        if (isThere != before.LedgerDigest is not null)
            throw new StateDamagedException($"{directory.LedgerFile} is {(isThere ? "" : "not ")}there, and it should be otherwise.");
        if (!isThere)
            return;
        using var ledger = LedgerSchema.OpenForReading(directory.LedgerFile);
        if (LedgerDigest.Of(ledger) is var digest && digest != before.LedgerDigest)
            throw new StateDamagedException($"{directory.LedgerFile} was put back and has digest {digest}, but before the migration it had {before.LedgerDigest}.");
    }
}

/// <summary>A migration that can be taken back.</summary>
/// <param name="Id">Which.</param>
/// <param name="Before">What was there before.</param>
/// <param name="RanSince">Something was run on the state directory after it.</param>
internal sealed record RollbackOffer(string Id, StateBefore Before, bool RanSince);
