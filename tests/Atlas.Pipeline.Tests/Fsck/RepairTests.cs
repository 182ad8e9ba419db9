using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Fsck;

/// <summary>What a repair does when more than one thing is wrong, or its own way is barred.</summary>
public sealed class RepairTests
{
    /// <summary>A full disk was taken for a damaged index, which was then thrown away.</summary>
    [Fact]
    public async Task Keys_that_find_no_room_are_no_damage_of_the_index()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        using var keys = new KeyPartitions(Path.Combine(bed.State, "nowhere"), "keys", keysPerBuffer: 1);

        Examine(bed, examination =>
        {
            var failure = Assert.Throws<SpillException>(() => IndexCheck.TryRead(examination, new Disk(), null, keys, out _));

            Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
            Assert.False(examination.IndexMustBeRebuilt);
        });
    }

    /// <summary>The failed rollback of what was rolled back already hid the cause.</summary>
    [Fact]
    public async Task What_ends_a_transaction_is_what_is_said_of_it()
    {
        await using var bed = await FsckTestBed.FilledAsync();

        Examine(bed, examination => Assert.Throws<TimeoutException>(() => examination.InTransaction(() =>
        {
            examination.Ledger.Execute("ROLLBACK");
            throw new TimeoutException();
        })));
    }

    /// <summary>It was taken from the queued ones, which left two counters to be repaired.</summary>
    [Fact]
    public async Task A_second_row_of_a_key_that_was_being_fetched_is_taken_from_what_is_leased()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("""
            INSERT INTO queue_low(seq, url, packed) SELECT 12, url, packed FROM queue_normal WHERE seq = 9;
            UPDATE cursors SET seq = 12 WHERE class = 3;
            INSERT INTO work VALUES(12, 3, 'leased', 1, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL);
            UPDATE counters SET value = value + 1 WHERE name IN ('sequence', 'received', 'admitted');
            INSERT INTO counters(name, code, value) VALUES('leased', 0, 1) ON CONFLICT DO UPDATE SET value = value + 1
            """);

        var found = await bed.CheckAsync(repairs: true);

        Assert.Equal("rows had the key of an earlier one and waited", Assert.Single(found).What);
        Assert.Empty(await bed.CheckAsync());
    }

    /// <summary>What a repair had not even looked at was said to be fetched or refused.</summary>
    [Fact]
    public async Task Second_rows_that_a_repair_does_not_come_to_are_still_damage()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        var found = new List<Finding>();

        Examine(bed, examination => DoubledRows.Settle(examination, [1], count: 5), found);

        Assert.Equal([FindingState.Repaired, FindingState.Note, FindingState.Damaged], found.Select(finding => finding.State));
        Assert.Equal([0L, 1L, 4L], found.Select(finding => finding.Count));
    }

    /// <summary>The second row of work for it ended the repair.</summary>
    [Fact]
    public async Task A_document_that_stands_in_work_already_is_not_queued_twice()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("INSERT INTO work VALUES(3, 2, 'queued', 0, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL); UPDATE counters SET value = value + 1 WHERE name = 'queued'");

        Examine(bed, examination =>
        {
            Assert.True(Requeue.Document(examination, examination.Ledger.Scalar("SELECT id FROM content_metadata WHERE seq = 3"), 3));
            Assert.Equal(FsckTestBed.Waiting + 1, examination.Counter("queued"));
            Assert.Equal(1, examination.Ledger.Scalar("SELECT count(*) FROM work"));
        });
    }

    /// <summary>A flipped bit in one number had a repair make two thousand million empty files.</summary>
    [Theory]
    [InlineData("UPDATE bodies_tail SET segment = 1073741824")]
    [InlineData("UPDATE bodies_tail SET segment = 4294967297")]
    public async Task A_tail_far_behind_the_last_segment_is_set_behind_it(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage(sql);

        Assert.Equal(FindingState.Damaged, Assert.Single(await bed.CheckAsync()).State);
        await bed.RepairAsync();

        Assert.Single(Directory.GetFiles(Path.Combine(bed.State, "bodies"), "*.seg"));
        await using var ledger = SqliteLedger.Open(bed.State, new Seams());
        Assert.Equal(new SegmentTail(2, 0), ledger.BodiesTail);
    }

    [Theory]
    [InlineData("UPDATE content_metadata SET exchange_offset = exchange_offset + 1 WHERE seq = 4")]
    [InlineData("UPDATE content_metadata SET exchange_length = 1073741824 WHERE seq = 4")]
    [InlineData("UPDATE content_metadata SET exchange_offset = -1 WHERE seq = 4")]
    [InlineData("UPDATE content_metadata SET exchange_segment = 1073741824 WHERE seq = 4")]
    public async Task A_document_whose_headers_are_damaged_is_fetched_again(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(), finding => finding.What == "documents whose body or headers are gone or damaged" && finding.Count == 1);
        await bed.RepairAsync();

        Assert.Contains("http://a.test/4", await bed.WaitingAsync());
    }

    [Fact]
    public async Task A_document_in_a_segment_that_cannot_be_is_one_finding_and_its_url_is_fetched_again()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("UPDATE content_metadata SET segment = 1073741824 WHERE seq = 4");

        Assert.InRange((await bed.CheckAsync()).Count, 1, 3);
        await bed.RepairAsync();

        Assert.Contains("http://a.test/4", await bed.WaitingAsync());
        Assert.Single(Directory.GetFiles(Path.Combine(bed.State, "bodies"), "*.seg"));
    }

    private static void Examine(FsckTestBed bed, Action<Examination> look, List<Finding>? found = null)
    {
        using var state = StateDirectory.Open(bed.State, new Disk());
        using var ledger = SqlConnection.Open(state.LedgerFile);
        look(new Examination(state, ledger, repairs: true, new StepProgress(TimeProvider.System), found is null ? _ => { } : found.Add, TimeProvider.System));
    }
}
