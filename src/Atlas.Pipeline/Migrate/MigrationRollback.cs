using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Migrate;

/// <summary>Makes a state directory what it was before its last migration: the ledger from its checked copy, and without the bodies that came. Interrupted, it is done again.</summary>
internal static class MigrationRollback
{
    /// <summary>What there is to take back. Changes nothing.</summary>
    /// <exception cref="MigrationRefusedException">Nothing, or its copies are gone.</exception>
    public static RollbackOffer Look(string state, IDisk disk)
    {
        var ids = MigrationFolder.Ids(state);
        if (UnfinishedMigration.BeingTakenBack(state) is { } begun)
        {
            var half = new MigrationFolder(state, begun, disk);
            return half.WasTakenBack(out var digest) ? new RollbackOffer(begun, null, false) { LedgerDigest = digest } : new RollbackOffer(begun, half.ReadBefore(), false);
        }

        // One that died while it made its copies is the last that was begun, and nothing else is taken back in its place.
        var begunIds = BegunIn(state);
        if (ids.FirstOrDefault(id => !begunIds.Contains(id)) is { } neverBegun)
            return new RollbackOffer(neverBegun, null, false) { HadBegun = false };
        if (begunIds.Count == 0)
            throw new MigrationRefusedException($"Nothing was migrated into {state}.");
        var folder = new MigrationFolder(state, begunIds[^1], disk);
        return folder.IsComplete
            ? new RollbackOffer(begunIds[^1], folder.ReadBefore(), RanSince(state, begunIds[^1]))
            : throw new MigrationRefusedException($"{folder.Path} has no complete copy of what was there before migration {begunIds[^1]}: it was deleted, and without it nothing can be taken back.");
    }

    /// <param name="state">The state directory.</param>
    /// <param name="force">Also when something was run on it since: what that brought is lost.</param>
    /// <param name="disk">Its disk.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <exception cref="MigrationRefusedException">Something was run on it since; or the copies are not what they were.</exception>
    /// <exception cref="StateInUseException">Somebody is at work there.</exception>
    public static RollbackOffer Run(string state, bool force, IDisk disk, StepProgress progress)
    {
        // Before the lock is made, which would stay in a directory that has nothing to do with it.
        Look(state, disk).ThrowIfRanSince(state, force);
        using var directory = StateDirectory.Open(state, disk);
        var offer = Look(state, disk);
        offer.ThrowIfRanSince(state, force);
        var folder = new MigrationFolder(state, offer.Id, disk);

        // Without a ledger nobody knows what had begun, and what is in the folder may be all there is.
        if (!offer.HadBegun && directory.Orphans() is { } orphans)
            throw new StateDamagedException($"{directory.LedgerFile} is gone or empty, but {orphans} is there. Put the ledger back; as it was before the last migration it is in {folder.Path}. Nothing was changed.");
        if (offer.Before is { } before)
        {
            ThrowIfImpossible(directory, folder, before, disk);
            folder.MarkAsBeingTakenBack();
            progress.Begin("putting the ledger back", 0);
            PutBack(directory, folder, before, disk);
            progress.Begin("deleting the bodies that came", 0);
            DeleteNewFiles(directory, before, force && offer.RanSince, disk);
            progress.Begin("checking what is there now", 0);
            Check(directory, before);
            if (before.Mark is { } mark)
                directory.WriteMark(mark);
            folder.MarkAsTakenBack(before.LedgerDigest);
        }

        // A ledger that was made and in which nobody has done anything: of a migration that died before it began.
        if (!offer.HadBegun && StateBefore.LedgerDigestOf(state) is null)
            DeleteLedger(directory, disk);

        // Where nobody works, a lock with a mark in it would say that a ledger is missing.
        if (!File.Exists(directory.LedgerFile))
            disk.Delete(Path.Combine(state, "lock"));

        // Last of all: who fails behind this and is done again would take one more migration back.
        folder.Delete();
        progress.End();
        return offer;
    }

    /// <summary>The migrations that a ledger knows, the first one first.</summary>
    private static List<string> BegunIn(string state)
    {
        var begun = new List<string>();
        using var ledger = StateBefore.OpenLedger(state);
        if (ledger is null || ledger.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0)
            return begun;
        var ids = ledger.Prepare("SELECT id FROM migrations ORDER BY number");
        while (ids.Step())
            begun.Add(ids.Text(0));
        ids.Reset();
        return begun;
    }

    /// <summary>Whether the ledger was opened by anybody after the migration, has come further than that left it, or operators have done something to dead letters.</summary>
    private static bool RanSince(string state, string id)
    {
        using var ledger = LedgerSchema.OpenForReading(StateDirectory.LedgerFileIn(state));
        return ledger.Prepare($"""
            SELECT epoch <> (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'epoch') OR progress <> ({LedgerMark.ProgressSql})
              OR coalesce((SELECT act <> 'migration' OR detail NOT LIKE ?1 || ':%' FROM acts ORDER BY id DESC LIMIT 1), 0) AND ended_at IS NOT NULL
            FROM migrations WHERE id = ?1
            """).Bind(1, id) is var found && found.Step() && found.Int64(0) != 0;
    }

    /// <summary>Everything that a rollback needs must be there before anything is changed.</summary>
    private static void ThrowIfImpossible(StateDirectory directory, MigrationFolder folder, StateBefore before, IDisk disk)
    {
        if (before.LedgerSha256 is { } sha256 && (!disk.Exists(folder.LedgerCopy) || LegacyFile.DigestOf(folder.LedgerCopy).Sha256 != sha256))
            throw new StateDamagedException($"{folder.LedgerCopy} is not the copy that was made and checked. Nothing was changed.");

        // A segment may have been packed since: its bodies lie in the pack by the same places.
        foreach (var (file, length) in before.Files.Where(file => SegmentStore.NumberOf(file.Key) is not null))
        {
            var path = Path.Combine(directory.Path, file);
            if (!(File.Exists(path) && new FileInfo(path).Length >= length) && !(file.EndsWith(".seg", StringComparison.Ordinal) && File.Exists(Path.ChangeExtension(path, ".pack"))))
                throw new StateDamagedException($"{path} is gone or shorter than it was before the migration: its bodies would be missing. Nothing was changed.");
        }
    }

    private static void DeleteLedger(StateDirectory directory, IDisk disk)
    {
        foreach (var file in new[] { directory.LedgerFile + "-wal", directory.LedgerFile + "-shm", directory.LedgerFile }.Where(disk.Exists))
            disk.Delete(file);
        disk.SyncDirectory(directory.Path);
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
        DeleteLedger(directory, disk);
        if (before.LedgerSha256 is not null)
            disk.Rename(directory.LedgerFile + ".before", directory.LedgerFile);
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
        foreach (var file in StateBefore.FilesOf(directory).Keys.Where(file => !before.Files.ContainsKey(file) && !IsOfBefore(file)))
            disk.Delete(Path.Combine(directory.Path, file));
        foreach (var folder in new[] { directory.BodiesDirectory, directory.SeenDirectory }.Where(folder => Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()))
            Directory.Delete(folder);

        // What was a segment then may be a pack now, with the same number and the same bodies.
        bool IsOfBefore(string file) => SegmentStore.NumberOf(file) is { } number && number < before.FirstSegment;
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
