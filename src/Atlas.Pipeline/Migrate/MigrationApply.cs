using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Migrate;

/// <summary>Does what a plan says, in chunks of one transaction each: rows, counters and how far it is are committed together. Interrupted at any point and done again, it ends in the same.</summary>
/// <remarks>
/// Reads from the copies it has made and checked, never from the legacy files. What is decided of each resource follows from them alone, in a fixed order, so that a number says where to go on;
/// what the state directory has is looked up anew, as a pipeline may have run in between.
/// </remarks>
internal sealed class MigrationApply(MigrationPlan plan, Seams seams, StepProgress progress)
{
    /// <summary>Resources of a transaction. At some 100,000 a second this bounds what a kill costs to a few tenths of a second.</summary>
    private const int ResourcesPerChunk = 16_384;

    private const int IdsPerChunk = 65_536;

    /// <summary>Bytes of bodies that end a chunk.</summary>
    private const long BodyBytesPerChunk = 32 << 20;

    /// <summary>Pages of the WAL at which it begins anew.</summary>
    private const int WalPages = 8_192;

    /// <exception cref="MigrationRefusedException">The inputs are not what the plan was made of. Nothing was changed, and nothing is left behind.</exception>
    /// <exception cref="StateInUseException">A run is at work there; or another migration, or a rollback, has not come to its end.</exception>
    /// <exception cref="StateDamagedException">What lies there is no ledger that can be added to.</exception>
    public MigrationOutcome Run()
    {
        var (wasThere, folder) = (Directory.Exists(plan.State), new MigrationFolder(plan.State, plan.Id, seams.Disk));
        if (!folder.IsComplete)
            MigrationFolder.ThrowIfChanged(plan, progress);
        try
        {
            using var directory = StateDirectory.Open(plan.State, seams.Disk);
            return Run(directory, folder);
        }
        catch (MigrationRefusedException) when (!wasThere)
        {
            Directory.Delete(plan.State, recursive: true);
            throw;
        }
    }

    private MigrationOutcome Run(StateDirectory directory, MigrationFolder folder)
    {
        UnfinishedMigration.ThrowIfBeingTakenBack(plan.State);
        if (directory.Orphans() is { } orphans)
            throw new StateDamagedException($"{directory.LedgerFile} is gone or empty, but {orphans} is there. Put the ledger back, or name another state directory.");
        var (begun, ended) = Progress();
        if (ended is not null)
            return ended;

        using var rows = Rows(directory, folder, begun, out var before, out var census);
        using var ledger = LedgerSchema.OpenForWriting(directory.LedgerFile);
        var mark = LedgerMark.Of(ledger);
        directory.ThrowIfNot(mark);
        directory.WriteMark(mark);
        ledger.Execute("PRAGMA cache_size=-65536");
        var record = MigrationRecord.Open(ledger, plan.Id, seams.Time);
        TakeOver(directory, ledger, record, rows, census, before);
        progress.Begin("adding up what was written", 0);
        End(directory, ledger, record);
        progress.End();
        return MigrationOutcome.Of(ledger, record.Number, wasDone: false);
    }

    /// <summary>Whether this migration has begun, and what it has come to if it has ended.</summary>
    private (bool Begun, MigrationOutcome? Ended) Progress()
    {
        using var ledger = StateBefore.OpenLedger(plan.State);
        if (ledger is null)
            return (false, null);
        if (UnfinishedMigration.In(ledger) is { } other && other != plan.Id)
            UnfinishedMigration.ThrowIfIn(ledger, plan.State);
        return MigrationRecord.Find(ledger, plan.Id) is not { } found ? (false, null) : (true, found.IsEnded ? MigrationOutcome.Of(ledger, found.Number, wasDone: true) : null);
    }

    /// <summary>The copies, which are made unless they are there. Copies of a migration that died before it began are of then: somebody may have worked here since.</summary>
    private LegacyRows Rows(StateDirectory directory, MigrationFolder folder, bool begun, out StateBefore before, out LegacyCensus census)
    {
        LegacyRows? rows = null;
        try
        {
            before = folder.IsComplete && folder.ReadBefore() is var kept && (begun || kept.IsStill(directory)) ? kept : folder.BackUp(directory, plan, progress);
            rows = LegacyRows.Open(folder, before.Inputs);
            census = Census(rows, before);
            return rows;
        }
        catch (Exception error)
        {
            rows?.Dispose();
            if (error is MigrationRefusedException && !begun)
                folder.Delete();
            throw;
        }
    }

    /// <summary>What the copies say, which must be what the plan was made of.</summary>
    private LegacyCensus Census(LegacyRows rows, StateBefore before)
    {
        var census = new LegacyCensus(plan.Settings.Rules, plan.Settings.Times, progress);
        for (var input = 0; input < rows.Databases.Count; input++)
            census.Read(rows.Databases[input], before.Inputs[input].Name);
        census.Finish();
        foreach (var (read, planned) in census.Inputs.Zip(plan.Inputs))
        {
            if (!read.Tables.Select(table => (table.Name, table.Rows, table.Digest)).SequenceEqual(planned.Tables.Select(table => (table.Name, table.Rows, table.Digest))))
                throw new MigrationRefusedException($"The copy of {read.Name} does not say what the plan was made of. Make a new plan.");
        }

        return census;
    }

    /// <summary>Resource by resource, and then the old ids: the number of what is committed counts both.</summary>
    private void TakeOver(StateDirectory directory, SqlConnection ledger, MigrationRecord record, LegacyRows rows, LegacyCensus census, StateBefore before)
    {
        var order = census.Order();
        var id = ledger.Text(LedgerMark.LedgerIdSql);
        var books = new BooksCounter(ledger);
        using var segments = Segments(directory, ledger, before);
        var import = new LedgerImport(ledger, books, segments, DateTimeOffset.FromUnixTimeMilliseconds(record.BegunAt));
        using var resource = new ResourceWriter(import, rows, census, new LegacyLog(rows, plan.Settings.Times), plan.Id, record.BegunAt);
        var existing = record.Next < order.Length ? Existing(ledger, census, order.AsSpan(0, record.Next)) : [];
        progress.Begin("taking over", order.Length);
        progress.Advance(Math.Min(record.Next, order.Length));
        while (record.Next < order.Length)
        {
            var next = record.Next;
            import.Begin();
            for (var first = next; next < order.Length && next - first < ResourcesPerChunk && import.BodyBytes < BodyBytesPerChunk; next++)
            {
                var group = order[next];
                var isThere = existing.TryGetValue(group, out var sequence);
                if (!isThere)
                    sequence = resource.Write(group);
                record.Add(next, isThere ? LegacyPlace.Existing : census.Group(group).Place, sequence, census.Group(group).Key, census, group);
            }

            Commit(next);
        }

        progress.Begin("writing the old ids", census.RowsWithIds);
        progress.Advance(record.Next - order.Length);
        foreach (var ids in LegacyIds.Of(census, rows).Skip(record.Next - order.Length).Chunk(IdsPerChunk))
        {
            import.Begin();
            foreach (var old in ids)
                import.Alias(old, census.Group(old.Group).Key);
            Commit(record.Next + ids.Length);
        }

        void Commit(int next)
        {
            directory.ThrowIfTaken();
            progress.Advance(next - record.Next);
            import.Commit(reached => record.MoveTo(next, reached));
            directory.WriteMark(new LedgerMark(id, books.Progress));
            if (ledger.CheckpointPassive() > WalPages)
                ledger.CheckpointRestart();
        }
    }

    private Dictionary<int, long> Existing(SqlConnection ledger, LegacyCensus census, ReadOnlySpan<int> written)
    {
        progress.Begin("looking up what the state directory has", 0);
        var done = new bool[census.Groups];
        foreach (var group in written)
            done[group] = true;
        return ExistingRows.Find(ledger, census, group => !done[group]);
    }

    /// <summary>Bodies begin in a segment of their own: no file that was there is written to, so that a rollback only has to delete.</summary>
    private SegmentStore Segments(StateDirectory directory, SqlConnection ledger, StateBefore before)
    {
        var tail = new SegmentTail((int)ledger.Scalar("SELECT segment FROM bodies_tail"), ledger.Scalar("SELECT end_offset FROM bodies_tail"));
        var segments = new SegmentStore(directory.BodiesDirectory, new PersistOptions(), tail.Segment >= before.FirstSegment ? tail : new SegmentTail(before.FirstSegment, 0), seams.Disk);
        if (plan.Actions.Documents > 0)
            segments.ClaimFor(ledger.Text(LedgerMark.LedgerIdSql));
        segments.LeavePacked();
        return segments;
    }

    private void End(StateDirectory directory, SqlConnection ledger, MigrationRecord record)
    {
        var digest = MigrationDigest.Of(ledger, record.Number);
        var now = seams.Time.GetUtcNow().ToUnixTimeMilliseconds();
        directory.ThrowIfTaken();
        ledger.Execute("BEGIN IMMEDIATE");
        ledger.Prepare("INSERT OR IGNORE INTO meta(name, value) VALUES(?1, ?2)").Bind(1, LedgerSchema.KeyRules).Bind(2, plan.Settings.Rules.ToText()).Run();
        ledger.Prepare("INSERT INTO acts(at, who, act, filter, count, detail) VALUES(?1, ?2, 'migration', '', ?3, ?4)")
            .Bind(1, now).Bind(2, Environment.UserName).Bind(3, ledger.Scalar($"SELECT count(*) FROM migrated WHERE migration = {record.Number}")).Bind(4, $"{plan.Id}: {string.Join(", ", plan.Inputs.Select(input => Path.GetFileName(input.Path)))}").Run();
        record.End(digest, now);
        ledger.Execute("COMMIT");
    }
}
