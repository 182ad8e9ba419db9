using Atlas.Pipeline.Ledger;
using SQLitePCL;

namespace Atlas.Pipeline.Migrate;

/// <summary>Changes a legacy database in place, for those who keep running the old program: after a checked copy, in one transaction, so that it is changed whole or not at all.</summary>
internal static class InPlace
{
    /// <exception cref="MigrationRefusedException">It has no queue or no metadata, or is damaged.</exception>
    /// <exception cref="StateInUseException">Somebody else holds it.</exception>
    /// <exception cref="LedgerException">It cannot be read or written.</exception>
    public static InPlaceOutcome Run(string file, MigrationSettings settings, Seams seams, StepProgress progress)
    {
        using var database = SqlConnection.Open(file);

        // On by default in this build of SQLite, and the rows break them: those programs ran without.
        database.Execute("PRAGMA foreign_keys=OFF; PRAGMA cache_size=-131072");

        // From here on nobody else writes: what is copied is what is changed.
        Holding(file, () => database.Execute("BEGIN IMMEDIATE"));
        try
        {
            var shape = new LegacyShape(database);
            if (!LegacyTables.IsIn(shape, LegacyTable.Queue) || !LegacyTables.IsIn(shape, LegacyTable.Metadata))
                throw new MigrationRefusedException($"{file} has no processing_queue and content_metadata with source_url: it is no database of Atlas v2 that could be changed in place.");
            progress.Begin("backing up", 0);
            var before = LedgerDigest.Of(database);
            var folder = InPlaceFolder.BackUp(file, before, seams.Time.GetUtcNow(), seams.Disk);
            var record = folder.Read();
            var outcome = Change(database, shape, settings, record.BegunAt, progress);
            progress.Begin("adding up what was changed", 0);
            outcome = outcome with { Before = before, Digest = LedgerDigest.Of(database) };
            if (!outcome.ChangedAnything)
            {
                RollBack(database);
                if (record.After is null)
                    folder.Delete();
            }
            else
            {
                // Written before it is true: who dies in between finds the database as it was before, and does it again.
                folder.Write(record with { After = outcome.Digest });
                Holding(file, () => database.Execute("COMMIT"));
            }

            progress.End();
            return outcome;
        }
        catch
        {
            RollBack(database);
            throw;
        }
    }

    /// <summary>Does what needs a database to oneself.</summary>
    /// <exception cref="StateInUseException">Somebody else holds it.</exception>
    public static void Holding(string file, Action act)
    {
        try
        {
            act();
        }
        catch (LedgerException held) when ((held.SqliteError & 0xFF) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
        {
            throw StateInUseException.Database(file);
        }
    }

    private static InPlaceOutcome Change(SqlConnection database, LegacyShape before, MigrationSettings settings, DateTimeOffset now, StepProgress progress)
    {
        var columns = InPlaceColumns.Add(database, before);
        var census = new LegacyCensus(settings.Rules, settings.Times, progress);
        census.Read(database, "main");
        census.Finish();
        var change = new InPlaceChange(database, census, now);
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
