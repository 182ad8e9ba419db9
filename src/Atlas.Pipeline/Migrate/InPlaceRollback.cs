using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Puts a database that was changed in place back as it was: its pages from the copy, in one transaction of SQLite's, so that the file keeps its owner and a kill leaves it whole. Interrupted, it is done again.</summary>
internal static class InPlaceRollback
{
    /// <returns>The digest of what is there.</returns>
    /// <exception cref="MigrationRefusedException">There is no copy; or the database was changed since by others.</exception>
    /// <exception cref="StateInUseException">Somebody else holds it.</exception>
    /// <exception cref="StateDamagedException">The copy is not what was made.</exception>
    public static string Run(string file, bool force, IDisk disk, StepProgress progress)
    {
        var folder = InPlaceFolder.Last(file, disk);
        var record = folder.Read();
        if (!disk.Exists(folder.Copy) || LegacyFile.DigestOf(folder.Copy).Sha256 != record.CopySha256)
            throw new StateDamagedException($"{folder.Copy} is not the copy that was made and checked. Nothing was changed.");
        progress.Begin("putting the database back", 0);
        if (!CanBePutBack(file, record, force))
        {
            foreach (var unreadable in new[] { file + "-wal", file + "-shm", file + "-journal", file }.Where(disk.Exists))
                disk.Delete(unreadable);
        }

        using (var copy = SqlConnection.OpenImmutable(folder.Copy))
            InPlace.Holding(file, () => copy.BackUpTo(file));
        using (var database = LegacyFile.OpenRecovered(file))
        {
            if (LedgerDigest.Of(database) != record.Before)
                throw new StateDamagedException($"{file} was put back and does not say what it said before. Its copy is {folder.Copy}.");
        }

        folder.Delete();
        progress.End();
        return record.Before;
    }

    /// <summary>Whether what lies there is a database that pages can be written over; false, if it may be lost, for one that cannot be read any more.</summary>
    private static bool CanBePutBack(string file, InPlaceRecord record, bool force)
    {
        if (!File.Exists(file))
            return true;
        try
        {
            using var database = LegacyFile.OpenRecovered(file);
            if (LedgerDigest.Of(database) is var now && now != record.After && now != record.Before && !force)
                throw new MigrationRefusedException($"{file} was changed since, and that would be lost. Give --force to put it back all the same.");
            return true;
        }
        catch (LedgerException damage) when (force && !damage.IsOfTheMachine)
        {
            return false;
        }
    }
}
