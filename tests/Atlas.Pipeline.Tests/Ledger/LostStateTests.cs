using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Tests.Ledger;

/// <summary>A state directory of which somebody took, swapped or put back a part.</summary>
public sealed class LostStateTests
{
    /// <summary>Once, both processes went on and wrote over each other.</summary>
    [Fact]
    public async Task Who_loses_the_lock_file_commits_nothing_more()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a.test/1");
        var before = bed.Scalar("SELECT count(*) FROM queue_normal");
        File.Delete(Path.Combine(bed.Directory, "lock"));
        using var second = StateDirectory.Open(bed.Directory, new Disk());

        await Assert.ThrowsAsync<LedgerException>(() => bed.AdmitAsync(PriorityClass.Normal, "http://a.test/2"));

        var failure = await Assert.ThrowsAsync<StateInUseException>(() => bed.Ledger.Failure);
        Assert.Contains("lock was deleted or replaced", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, bed.Scalar("SELECT count(*) FROM queue_normal"));
        Assert.Throws<StateInUseException>(bed.Ledger.ThrowIfTaken);
    }

    [Theory]
    [InlineData("bodies")]
    [InlineData("seen")]
    public async Task A_ledger_that_is_gone_beside_what_belongs_to_it_is_damage_and_not_a_new_beginning(string left)
    {
        await using var bed = await BedWithOneUrlAsync();
        File.Delete(Path.Combine(bed.Directory, "lock"));
        File.Delete(Path.Combine(bed.Directory, "ledger.db"));
        Directory.CreateDirectory(Path.Combine(bed.Directory, left));
        await File.WriteAllTextAsync(Path.Combine(bed.Directory, left, "something"), "x", TestContext.Current.CancellationToken);

        var refused = Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));

        Assert.Contains("is gone or empty", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(bed.Directory, "ledger.db")));
    }

    [Fact]
    public async Task A_ledger_that_is_gone_is_missed_even_if_nothing_else_is_left()
    {
        await using var bed = await BedWithOneUrlAsync();
        File.Delete(Path.Combine(bed.Directory, "ledger.db"));

        Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));
    }

    [Fact]
    public async Task A_ledger_put_back_from_an_older_copy_is_refused()
    {
        await using var bed = await BedWithOneUrlAsync();
        var file = Path.Combine(bed.Directory, "ledger.db");
        File.Copy(file, file + ".copy");
        await bed.ReopenAsync();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a.test/2");
        await bed.Ledger.DisposeAsync();
        File.Move(file + ".copy", file, overwrite: true);

        var refused = Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));

        Assert.Contains("is older than what was committed here", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_that_were_lost_with_the_wal_are_missed()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a.test/1");
        var image = Path.Combine(bed.Directory, "image");
        Directory.CreateDirectory(image);
        foreach (var name in new[] { "ledger.db", "lock" })
            await File.WriteAllBytesAsync(Path.Combine(image, name), ReadShared(Path.Combine(bed.Directory, name)), TestContext.Current.CancellationToken);

        Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(image, new Seams()));
    }

    [Fact]
    public async Task Another_ledger_in_the_place_of_ours_is_refused()
    {
        await using var bed = await BedWithOneUrlAsync();
        await using var other = await BedWithOneUrlAsync();
        File.Copy(Path.Combine(other.Directory, "ledger.db"), Path.Combine(bed.Directory, "ledger.db"), overwrite: true);

        var refused = Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));

        Assert.Contains("is not the ledger", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_of_another_ledger_are_refused()
    {
        await using var bed = LedgerTestBed.Fresh();
        await using var other = LedgerTestBed.Fresh();
        var bodies = Path.Combine(bed.Directory, "bodies");
        await new PersistStage(new PersistOptions(), bodies, bed.Ledger, new Seams()).DisposeAsync();
        await new PersistStage(new PersistOptions(), bodies, bed.Ledger, new Seams()).DisposeAsync();

        var refused = Assert.Throws<StateDamagedException>(() => new PersistStage(new PersistOptions(), bodies, other.Ledger, new Seams()));

        Assert.Contains("belong to another ledger", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_state_directory_may_be_moved_and_copied()
    {
        await using var bed = await BedWithOneUrlAsync();
        var copy = Path.Combine(bed.Directory, "copy");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(bed.Directory))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));

        await using var ledger = SqliteLedger.Open(copy, new Seams());

        Assert.Equal(1, ledger.Books.AdmittedBefore);
    }

    private static async Task<LedgerTestBed> BedWithOneUrlAsync()
    {
        var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a.test/1");
        await bed.Ledger.DisposeAsync();
        return bed;
    }

    /// <summary>The lock is held, so it is read as another program would that asks for no lock.</summary>
    private static byte[] ReadShared(string file)
    {
        using var copy = System.Diagnostics.Process.Start("cp", [file, file + ".read"]);
        copy.WaitForExit();
        return File.ReadAllBytes(file + ".read");
    }
}
