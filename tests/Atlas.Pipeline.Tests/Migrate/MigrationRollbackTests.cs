using Atlas.LegacyData;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class MigrationRollbackTests : IDisposable
{
    private readonly MigrateBed _bed = new();

    [Fact]
    public void A_directory_that_was_empty_is_empty_again()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.Altered).File);

        _bed.Rollback();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_bed.State));
    }

    [Fact]
    public void Of_two_migrations_the_last_one_is_taken_back_and_the_ledger_says_what_it_said()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.Altered).File);
        var (digest, files) = Look();
        _bed.Migrate(_bed.Legacy(LegacyEra.Version1).File);

        _bed.Rollback();

        Assert.Equal((digest, files), Look());
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public async Task What_was_run_since_is_not_thrown_away_unless_forced()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        await using (SqliteLedger.Open(_bed.State, new Seams()))
        {
            // To open it is enough: it may have handed something out.
        }

        var refused = Assert.Throws<MigrationRefusedException>(() => _bed.Rollback());
        _bed.Rollback(force: true);

        Assert.Contains("--force", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_bed.State));
    }

    [Fact]
    public void A_copy_that_was_damaged_is_not_put_in_the_ledgers_place()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.Version1).File);
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        var (digest, files) = Look();
        File.AppendAllText(Directory.GetFiles(Path.Combine(_bed.State, "migration"), "ledger.db", SearchOption.AllDirectories).Single(), "x");

        Assert.Throws<StateDamagedException>(() => _bed.Rollback());

        Assert.Equal((digest, files), Look());
    }

    [Fact]
    public void Where_nothing_was_migrated_there_is_nothing_to_take_back()
    {
        Directory.CreateDirectory(_bed.State);

        Assert.Throws<MigrationRefusedException>(() => _bed.Rollback());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_bed.State));
    }

    [Fact]
    public void What_operators_decided_since_is_not_thrown_away_unless_forced()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        using (var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(_bed.State)))
            ledger.Execute("INSERT INTO acts(at, who, act, filter, count, detail) VALUES(1, 'ann', 'hold', 'host=a.example', 1, '')");

        Assert.Throws<MigrationRefusedException>(() => _bed.Rollback());
        _bed.Rollback(force: true);
    }

    [Fact]
    public void What_was_run_between_the_copies_and_the_first_row_is_not_lost_by_a_rollback()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        var plan = _bed.Plan(_bed.Legacy(LegacyEra.Version1).File);
        DieBehindTheCopies(plan);
        RunSomething();
        var (digest, files) = Look(withoutCopiesOf: plan);

        var nothing = _bed.Rollback();

        Assert.False(nothing.HadBegun);
        Assert.Equal((digest, files), Look());

        DieBehindTheCopies(plan);
        RunSomething();
        (digest, files) = Look(withoutCopiesOf: plan);
        _bed.Apply(plan);
        _bed.Rollback();
        Assert.Equal((digest, files), Look());
    }

    [Fact]
    public void A_migration_that_died_behind_its_copies_leaves_nothing_once_it_is_taken_back()
    {
        var plan = _bed.Plan(_bed.Legacy(LegacyEra.First).File);
        DieBehindTheCopies(plan);
        LedgerSchema.OpenForWriting(StateDirectory.LedgerFileIn(_bed.State)).Dispose();

        _bed.Rollback();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_bed.State));
    }

    [Fact]
    public void A_rollback_that_died_when_all_was_done_but_forgetting_takes_no_other_migration_back()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        var (digest, files) = Look();
        var second = _bed.Plan(_bed.Legacy(LegacyEra.Version1).File);
        _bed.Apply(second);
        var kept = Path.Combine(_bed.Folder, "kept");
        CopyFolder(Path.Combine(_bed.State, "migration", second.Id), kept);
        _bed.Rollback();
        Directory.Move(kept, Path.Combine(_bed.State, "migration", second.Id));
        new MigrationFolder(_bed.State, second.Id, new Disk()).MarkAsTakenBack(digest);
        File.Delete(Path.Combine(_bed.State, "migration", second.Id, "before.json"));

        Assert.Throws<StateInUseException>(() => SqliteLedger.Open(_bed.State, new Seams()));
        var again = _bed.Rollback();

        Assert.Equal((second.Id, digest), (again.Id, again.LedgerDigest));
        Assert.Equal((digest, files), Look());
    }

    [Fact]
    public void Where_the_ledger_is_gone_its_copies_are_not_deleted()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.First).File);
        foreach (var file in Directory.GetFiles(_bed.State, "ledger.db*"))
            File.Delete(file);

        Assert.Throws<StateDamagedException>(() => _bed.Rollback());

        Assert.Single(MigrationFolder.Ids(_bed.State));
    }

    [Fact]
    public void Bodies_of_before_that_were_packed_since_stay()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.Altered).File);
        _bed.Migrate(_bed.Legacy(LegacyEra.Version1).File);
        var segment = Path.Combine(StateDirectory.BodiesDirectoryIn(_bed.State), "00000001.seg");
        File.Move(segment, Path.ChangeExtension(segment, ".pack"));

        _bed.Rollback();

        Assert.True(File.Exists(Path.ChangeExtension(segment, ".pack")));
        Assert.False(File.Exists(Path.Combine(StateDirectory.BodiesDirectoryIn(_bed.State), "00000002.seg")));
    }

    [Fact]
    public void Bodies_of_before_that_are_gone_are_missed_before_anything_is_changed()
    {
        _bed.Migrate(_bed.Legacy(LegacyEra.Altered).File);
        _bed.Migrate(_bed.Legacy(LegacyEra.Version1).File);
        File.Delete(Path.Combine(StateDirectory.BodiesDirectoryIn(_bed.State), "00000001.seg"));
        var before = Look();

        Assert.Throws<StateDamagedException>(() => _bed.Rollback());

        Assert.Equal(before, Look());
    }

    public void Dispose() => _bed.Dispose();

    private void DieBehindTheCopies(MigrationPlan plan)
    {
        using var directory = StateDirectory.Open(_bed.State, new Disk());
        new MigrationFolder(_bed.State, plan.Id, new Disk()).BackUp(directory, plan, new StepProgress(TimeProvider.System));
    }

    private void RunSomething()
    {
        using var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(_bed.State));
        ledger.Execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'epoch'; UPDATE counters SET value = value + 7 WHERE name = 'received'");
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private (string Digest, string Files) Look(MigrationPlan? withoutCopiesOf = null)
    {
        using var ledger = _bed.Ledger();
        return (LedgerDigest.Of(ledger), string.Join('\n', Directory.GetFiles(_bed.State, "*", SearchOption.AllDirectories).Where(file => !file.Contains("ledger.db", StringComparison.Ordinal) && (withoutCopiesOf is null || !file.Contains(withoutCopiesOf.Id, StringComparison.Ordinal))).Order(StringComparer.Ordinal).Select(file => $"{file} {new FileInfo(file).Length}")));
    }
}
