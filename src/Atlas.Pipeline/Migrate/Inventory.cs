using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What is in one database, beside its tables.</summary>
/// <param name="Statuses">Rows by table and status.</param>
/// <param name="MetadataAlone">Rows of metadata without one in the queue.</param>
/// <param name="QueueAlone">The reverse.</param>
/// <param name="Defects">All eleven.</param>
internal sealed record InventoriedInput(IReadOnlyList<(string Table, string Status, long Count)> Statuses, long MetadataAlone, long QueueAlone, IReadOnlyList<Defect> Defects);

/// <summary>What is in legacy databases. Reads and nothing else.</summary>
internal sealed class Inventory
{
    private Inventory(LegacyCensus census, IReadOnlyList<InventoriedInput> inputs) => (Census, Inputs) = (census, inputs);

    public LegacyCensus Census { get; }

    public IReadOnlyList<InventoriedInput> Inputs { get; }

    /// <exception cref="LedgerException">A file is no database.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Inventory Of(IReadOnlyList<string> files, MigrationSettings settings, StepProgress progress)
    {
        var inputs = new List<InventoriedInput>();
        var all = new LegacyCensus(settings.Rules, settings.Times, progress);
        foreach (var (file, name) in files.Zip(LegacyFile.NamesOf(files)))
        {
            using var legacy = LegacyFile.Open(file);
            all.Read(legacy.Connection, name);

            // What the defects are in is one file; a census of all of them would not say in which.
            var own = all;
            if (files.Count > 1)
            {
                own = new LegacyCensus(settings.Rules, settings.Times, progress);
                own.Read(legacy.Connection, name);
            }

            progress.Begin($"looking for defects in {name}", 0);
            inputs.Add(Look(legacy.Connection, own, files.Count));
        }

        all.Finish();
        progress.End();
        return new Inventory(all, inputs);
    }

    private static InventoriedInput Look(SqlConnection database, LegacyCensus census, int inputs)
    {
        var shape = new LegacyShape(database);
        var both = shape.Has("processing_queue") && shape.Has("content_metadata");
        return new InventoriedInput(
            StatusesOf(database, shape),
            both ? Count(database, "SELECT count(*) FROM content_metadata m WHERE NOT EXISTS(SELECT 1 FROM processing_queue q WHERE q.content_id = m.content_id)") : 0,
            both ? Count(database, "SELECT count(*) FROM processing_queue q WHERE NOT EXISTS(SELECT 1 FROM content_metadata m WHERE m.content_id = q.content_id)") : 0,
            new DefectChecks(database, shape, census, inputs).All());
    }

    private static List<(string, string, long)> StatusesOf(SqlConnection database, LegacyShape shape)
    {
        var found = new List<(string, string, long)>();
        foreach (var (table, column) in new[] { ("processing_queue", "status"), ("content_metadata", "validation_status"), ("episode_queue", "status"), ("processing_log", "status"), ("migration_log", "migration_status") })
        {
            if (!shape.Has(table, column))
                continue;
            try
            {
                var statuses = database.Prepare($"SELECT coalesce({column}, '(none)'), count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1");
                while (statuses.Step())
                    found.Add((table, statuses.Text(0), statuses.Int64(1)));
                statuses.Reset();
            }
            catch (LedgerException damage) when (LegacyScan.IsDamage(damage))
            {
                found.Add((table, "(damaged)", 0));
            }
        }

        return found;
    }

    private static long Count(SqlConnection database, string sql)
    {
        try
        {
            return database.Scalar(sql);
        }
        catch (LedgerException damage) when (LegacyScan.IsDamage(damage))
        {
            return 0;
        }
    }
}
