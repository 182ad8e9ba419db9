using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class SqliteLedgerTests
{
    [Fact]
    public async Task A_state_directory_is_held_by_one_at_a_time()
    {
        await using var bed = LedgerTestBed.Fresh();

        Assert.Throws<StateInUseException>(() => SqliteLedger.Open(bed.Directory, new Seams()));

        await bed.ReopenAsync();
        Assert.Equal(0, bed.Ledger.Backlog);
    }

    [Theory]
    [InlineData("PRAGMA application_id=7")]
    [InlineData("PRAGMA user_version=8")]
    public async Task A_file_that_is_no_ledger_of_this_version_is_refused(string change)
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute(change);

        Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_ledger_of_an_earlier_schema_is_refused_with_the_ways_out(int version)
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute($"PRAGMA user_version={version}");

        var refused = Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));

        Assert.EndsWith($"ledger.db has schema version {version}; this program works on version 7. Go on with the program that made it, or begin again with an empty state directory.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_whose_keys_follow_other_rules_is_refused_with_the_ways_out()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute("UPDATE meta SET value = '2' WHERE name = 'ruleset_version'");

        var refused = Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));

        Assert.EndsWith("ledger.db holds keys by version 2 of the canonical rules; this program makes them by version 1, and a URL known by one would be new to the other. "
            + "Go on with the program that made it, or begin again with an empty state directory.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_the_lock_given_back()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(bed.Directory, "ledger.db"), new string('x', 10_000), TestContext.Current.CancellationToken);

        Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));
        Assert.Throws<StateDamagedException>(() => SqliteLedger.Open(bed.Directory, new Seams()));
    }

    [Fact]
    public async Task Commits_are_synced_and_the_file_is_laid_out_as_decided()
    {
        await using var bed = LedgerTestBed.Fresh();

        Assert.Equal(8192, bed.Scalar("PRAGMA page_size"));
        Assert.Equal("wal", bed.Text("PRAGMA journal_mode"));
        Assert.Equal(LedgerSchema.ApplicationId, bed.Scalar("PRAGMA application_id"));
    }

    [Fact]
    public async Task A_checkpoint_of_the_dedup_index_is_remembered()
    {
        await using var bed = LedgerTestBed.Fresh();
        Assert.Null(bed.Ledger.LastSeenCheckpoint);

        await bed.Ledger.RecordSeenCheckpointAsync(new SeenCheckpoint("one", 1, ""));
        await bed.Ledger.RecordSeenCheckpointAsync(new SeenCheckpoint("two", 2, "files"));
        Assert.Equal(new SeenCheckpoint("two", 2, "files"), bed.Ledger.LastSeenCheckpoint);
        await bed.ReopenAsync();

        Assert.Equal(new SeenCheckpoint("two", 2, "files"), bed.Ledger.LastSeenCheckpoint);
    }

    [Fact]
    public async Task A_failed_write_is_final()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a/1");
        using (var saboteur = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            saboteur.Execute("DROP TABLE queue_normal");
        var batch = bed.Batch(["http://a/2"]);

        await bed.Ledger.AdmitAsync(batch);

        await Assert.ThrowsAsync<LedgerException>(() => bed.Ledger.Failure);
        await Assert.ThrowsAsync<LedgerException>(() => bed.Ledger.FlushAsync());
        await Assert.ThrowsAsync<LedgerException>(async () => await bed.Ledger.AdmitAsync(bed.Batch(["http://a/3"])));
        Assert.Equal(1, bed.Ledger.Books.Received);
        Assert.Equal(1, batch.Count);
    }
}
