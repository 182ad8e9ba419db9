using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), "atlas-state-" + Guid.NewGuid().ToString("n"));

    [Fact]
    public void A_second_owner_is_told_that_the_directory_is_in_use()
    {
        using var first = StateDirectory.Open(_path, new Disk());

        var refused = Assert.Throws<StateInUseException>(() => StateDirectory.Open(_path, new Disk()));

        Assert.Contains(_path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_cannot_be_opened_is_not_called_in_use()
    {
        Directory.CreateDirectory(_path);
        var file = Path.Combine(_path, "lock");
        File.CreateSymbolicLink(file, file);

        var refused = Assert.Throws<IOException>(() => StateDirectory.Open(_path, new Disk()));

        Assert.Contains($"The state directory {_path} cannot be locked: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_we_may_not_write_is_a_matter_of_permission()
    {
        Directory.CreateDirectory(Path.Combine(_path, "lock"));

        Assert.Throws<UnauthorizedAccessException>(() => StateDirectory.Open(_path, new Disk()));
    }

    [Fact]
    public void A_database_that_the_machine_refuses_to_open_is_not_called_damaged()
    {
        Directory.CreateDirectory(Path.Combine(_path, "ledger.db"));

        var refused = Assert.Throws<IOException>(() => SqliteLedger.Open(_path, new Seams()));

        Assert.Contains("cannot be used", refused.Message, StringComparison.Ordinal);
        StateDirectory.Open(_path, new Disk()).Dispose();
    }

    [Fact]
    public async Task A_reader_that_does_not_start_leaves_no_connection_open()
    {
        await SqliteLedger.Open(_path, new Seams()).DisposeAsync();
        var file = Path.Combine(_path, "ledger.db");
        using (var saboteur = SqlConnection.Open(file))
        {
            var sources = new Pipeline.Ledger.Sources(saboteur);
            saboteur.Execute("DROP TABLE source_offsets");

            Assert.Throws<LedgerException>(() => new LedgerReader(file, sources));
        }

        // The last connection of a database removes its WAL.
        Assert.False(File.Exists(file + "-wal"));
    }

    [Fact]
    public async Task A_start_that_fails_gives_everything_back()
    {
        await SqliteLedger.Open(_path, new Seams()).DisposeAsync();
        var file = Path.Combine(_path, "ledger.db");
        using (var saboteur = SqlConnection.Open(file))
            saboteur.Execute("DROP TABLE source_offsets; CREATE TABLE source_offsets(other INTEGER)");

        Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(_path, new Seams()));

        Assert.False(File.Exists(file + "-wal"));
        StateDirectory.Open(_path, new Disk()).Dispose();
    }

    [Fact]
    public void What_every_commit_asks_and_notes_here_allocates_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a file is known by a text.");
        using var state = StateDirectory.Open(_path, new Disk());
        var mark = new LedgerMark(Guid.NewGuid().ToString("n"), 1_234_567_890_123);
        Commit();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++)
            Commit();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        state.Dispose();
        using var again = StateDirectory.Open(_path, new Disk());
        Assert.Equal(mark, again.Mark);

        void Commit()
        {
            state.ThrowIfTaken();
            state.WriteMark(mark);
        }
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
