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
    }

    public void Dispose() => _bed.Dispose();

    private (string Digest, string Files) Look()
    {
        using var ledger = _bed.Ledger();
        return (LedgerDigest.Of(ledger), string.Join('\n', Directory.GetFiles(_bed.State, "*", SearchOption.AllDirectories).Where(file => !file.Contains("ledger.db", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(file => $"{file} {new FileInfo(file).Length}")));
    }
}
