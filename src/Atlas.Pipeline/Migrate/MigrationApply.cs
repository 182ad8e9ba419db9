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

    /// <exception cref="MigrationRefusedException">The inputs are not what the plan was made of.</exception>
    /// <exception cref="StateInUseException">A run, or another migration, is at work there.</exception>
    /// <exception cref="StateDamagedException">What lies there is no ledger that can be added to.</exception>
    public MigrationOutcome Run()
    {
        using var directory = StateDirectory.Open(plan.State, seams.Disk);
        var folder = new MigrationFolder(plan.State, plan.Id, seams.Disk);
        if (directory.Orphans() is { } orphans)
            throw new StateDamagedException($"{directory.LedgerFile} is gone or empty, but {orphans} is there. Put the ledger back, or name another state directory.");
        var before = folder.IsComplete ? folder.ReadBefore() : folder.BackUp(directory, plan, progress);
        using var ledger = LedgerSchema.OpenForWriting(directory.LedgerFile);
        var mark = LedgerMark.Of(ledger);
        directory.ThrowIfNot(mark);
        directory.WriteMark(mark);
        ledger.Execute("PRAGMA cache_size=-262144");
        var record = MigrationRecord.Open(ledger, plan.Id, seams.Time);
        if (record.IsEnded)
            return MigrationOutcome.Of(ledger, record.Number, wasDone: true);

        using var rows = LegacyRows.Open(folder, before.Inputs);
        var census = Census(rows, before);
        TakeOver(directory, ledger, record, rows, census, before);
        progress.Begin("adding up what was written", 0);
        End(directory, ledger, record);
        progress.End();
        return MigrationOutcome.Of(ledger, record.Number, wasDone: false);
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
        InChunks("taking over", order.Length, ResourcesPerChunk, next =>
        {
            var group = order[next];
            var isThere = existing.TryGetValue(group, out var sequence);
            if (!isThere)
                sequence = resource.Write(group);
            record.Add(next, isThere ? LegacyPlace.Existing : census.Group(group).Place, sequence, census.Group(group).Key, census, group);
        });
        progress.Begin("sorting the old ids", 0);
        var ids = LegacyIds.Of(census, rows);
        InChunks("writing the old ids", order.Length + ids.Count, IdsPerChunk, next => import.Alias(ids[next - order.Length], census.Group(ids[next - order.Length].Group).Key));

        void InChunks(string name, int end, int perChunk, Action<int> write)
        {
            progress.Begin(name, end);
            progress.Advance(record.Next);
            while (record.Next < end)
            {
                var next = record.Next;
                import.Begin();
                for (var first = next; next < end && next - first < perChunk && import.BodyBytes < BodyBytesPerChunk; next++)
                    write(next);
                directory.ThrowIfTaken();
                progress.Advance(next - record.Next);
                import.Commit(reached => record.MoveTo(next, reached));
                directory.WriteMark(new LedgerMark(id, books.Progress));
                if (ledger.CheckpointPassive() > WalPages)
                    ledger.CheckpointRestart();
            }
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
