using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Fsck;

public sealed class StateCheckTests
{
    [Fact]
    public async Task A_state_that_runs_have_left_is_clean_and_a_check_changes_nothing()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        var before = await File.ReadAllBytesAsync(bed.LedgerFile, TestContext.Current.CancellationToken);

        Assert.Empty(await bed.CheckAsync(knowsRules: true));
        Assert.Empty(await bed.CheckAsync(repairs: true));

        Assert.Equal(before, await File.ReadAllBytesAsync(bed.LedgerFile, TestContext.Current.CancellationToken));
        Assert.Equal(FsckTestBed.Waiting, (await bed.WaitingAsync()).Count);
    }

    [Fact]
    public async Task A_state_that_somebody_works_on_is_in_use()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await using var run = SqliteLedger.Open(bed.State, new Seams());

        await Assert.ThrowsAsync<StateInUseException>(() => bed.CheckAsync());
    }

    [Fact]
    public async Task A_body_with_a_flipped_bit_is_fetched_again()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        Flip(SegmentOf(bed), at: 2_500);

        var found = Assert.Single(await bed.CheckAsync());
        Assert.Equal((FindingState.Damaged, "bodies", 1), (found.State, found.Part, found.Count));

        await bed.RepairAsync();
        Assert.Equal(["http://a.test/10", "http://a.test/3", "http://a.test/9"], await bed.WaitingAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_500)]
    public async Task A_segment_that_is_cut_or_gone_has_its_documents_fetched_again(int left)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        using (var segment = File.OpenWrite(SegmentOf(bed)))
            segment.SetLength(left);
        if (left == 0)
            File.Delete(SegmentOf(bed));

        Assert.Contains(await bed.CheckAsync(), finding => finding.State == FindingState.Damaged);
        await bed.RepairAsync();

        Assert.Equal(FsckTestBed.Waiting + FsckTestBed.Done - (left / FsckTestBed.StoredBytes), (await bed.WaitingAsync()).Count);
    }

    [Fact]
    public async Task What_was_written_behind_the_last_recorded_body_is_noted_and_cut()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await File.AppendAllTextAsync(SegmentOf(bed), "torn", TestContext.Current.CancellationToken);

        Assert.Equal(FindingState.Note, Assert.Single(await bed.CheckAsync(repairs: true)).State);

        Assert.Equal(FsckTestBed.Done * FsckTestBed.StoredBytes, new FileInfo(SegmentOf(bed)).Length);
    }

    [Fact]
    public async Task Bodies_of_another_ledger_are_kept_aside_and_the_documents_fetched_again()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await File.WriteAllTextAsync(Path.Combine(bed.State, "bodies", "ledger"), new string('0', 32), TestContext.Current.CancellationToken);

        await bed.RepairAsync();

        Assert.Equal(FsckTestBed.Waiting + FsckTestBed.Done, (await bed.WaitingAsync()).Count);
        var aside = Assert.Single(Directory.GetDirectories(bed.State, "bodies.damaged-*"));
        Assert.Equal(FsckTestBed.Done * FsckTestBed.StoredBytes, new FileInfo(Path.Combine(aside, "00000001.seg")).Length);
    }

    [Theory]
    [InlineData("UPDATE counters SET value = value + 1 WHERE name = 'done'")]
    [InlineData("UPDATE counters SET value = value - 1 WHERE name = 'queued'")]
    [InlineData("UPDATE counters SET value = 7 WHERE name = 'dead'")]
    [InlineData("UPDATE counters SET value = value + 3 WHERE name = 'received'")]
    [InlineData("DELETE FROM counters WHERE name = 'backlog'")]
    [InlineData("UPDATE counters SET value = 4 WHERE name = 'sequence'")]
    [InlineData("INSERT INTO work VALUES(1, 2, 'queued', 0, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL)")]
    [InlineData("INSERT INTO work VALUES(999, 2, 'queued', 0, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL)")]
    [InlineData("UPDATE seen_checkpoint SET manifest = 'x'")]
    [InlineData("UPDATE seen_checkpoint SET high_water = 99")]
    [InlineData("UPDATE bodies_tail SET end_offset = 100")]
    public async Task What_the_rows_contradict_is_found_and_repaired(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(), finding => finding.State == FindingState.Damaged);
        await bed.RepairAsync();

        Assert.Equal(FsckTestBed.Waiting, (await bed.WaitingAsync()).Count);
    }

    [Theory]
    [InlineData("DELETE FROM content_metadata WHERE seq = 2", "http://a.test/2")]
    [InlineData("DELETE FROM dead WHERE seq = 7", "http://a.test/7")]
    public async Task An_admitted_URL_that_is_nowhere_is_queued_again(string sql, string url)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage(sql);

        await bed.RepairAsync();

        Assert.Contains(url, await bed.WaitingAsync());
    }

    [Fact]
    public async Task A_row_that_has_the_key_of_an_earlier_one_counts_as_the_duplicate_it_is()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("""
            INSERT INTO queue_low(seq, url, packed) SELECT 12, url, packed FROM queue_normal WHERE seq = 1;
            UPDATE counters SET value = value + 1 WHERE name IN ('sequence', 'received', 'admitted', 'queued', 'backlog')
            """);

        Assert.Equal(1, Assert.Single(await bed.CheckAsync()).Count);
        await bed.RepairAsync();

        Assert.Equal(FsckTestBed.Waiting, (await bed.WaitingAsync()).Count);
    }

    [Theory]
    [InlineData("INSERT INTO queue_low(seq, url, packed) SELECT 3, 'http://b.test/', x'00' || substr(packed, 2) FROM queue_normal WHERE seq = 1")]
    [InlineData("DELETE FROM queue_normal WHERE seq = 9")]
    [InlineData("DELETE FROM queue_normal WHERE seq = 3")]
    [InlineData("UPDATE queue_normal SET packed = x'00' WHERE seq = 9")]
    [InlineData("UPDATE queue_normal SET url = 'http://a.test/9!' WHERE seq = 9")]
    [InlineData("UPDATE dead SET content_id = 'x'")]
    [InlineData("UPDATE dead SET failure_classification = 'bored'")]
    [InlineData("UPDATE content_metadata SET source_url = 'http://a.test/11' WHERE seq = 1")]
    [InlineData("UPDATE content_metadata SET content_id = '0' || substr(content_id, 2) WHERE seq < 4")]
    [InlineData("UPDATE dead SET source_url = x'61'")]
    [InlineData("DROP TABLE refused")]
    [InlineData("UPDATE cursors SET seq = 1000")]
    [InlineData("DELETE FROM cursors")]
    [InlineData("DROP TABLE sources")]
    [InlineData("PRAGMA user_version = 99")]
    public async Task What_nobody_can_rebuild_is_never_called_clean(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(knowsRules: true), finding => finding.State == FindingState.Damaged);
    }

    [Theory]
    [InlineData("packed = x'00'", "rows cannot be read")]
    [InlineData("packed = packed || x'00'", "rows cannot be read")]
    [InlineData("packed = substr(packed, 1, 16) || x'ffff' || substr(packed, 19)", "refused lines have a reason, a flaw or a source that there is not")]
    [InlineData("packed = substr(packed, 1, 18) || x'05' || substr(packed, 20)", "refused lines have a reason, a flaw or a source that there is not")]
    [InlineData("packed = substr(packed, 1, 27) || x'01' || substr(packed, 29)", "refused lines have a reason, a flaw or a source that there is not")]
    [InlineData("packed = x'00' || substr(packed, 2)", "the index lacks keys that the ledger has: their URLs would be admitted again")]
    [InlineData("seq = 3", "sequence numbers are given twice")]
    public async Task A_refused_line_that_was_damaged_is_found_and_named(string damage, string finding)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage($"UPDATE refused SET {damage}");

        var found = Assert.Single(await bed.CheckAsync(), found => found.What == finding);

        Assert.Equal((FindingState.Damaged, damage == "seq = 3" ? "row 3" : "row 11", 1), (found.State, found.Where, found.Count));
    }

    [Theory]
    [InlineData("UPDATE found SET lines = CAST(substr(lines, 1, 10) AS BLOB) WHERE start = 15", "links of documents cannot be read")]
    [InlineData("UPDATE found SET lines = 'text' || char(10) WHERE start = 15", "links of documents cannot be read")]
    [InlineData("UPDATE found SET depth = 0 WHERE start = 15", "links of documents cannot be read")]
    [InlineData("DELETE FROM found WHERE start = 15", "links of documents do not follow those before them")]
    [InlineData("UPDATE found SET start = 16 WHERE start = 15", "links of documents do not follow those before them")]
    [InlineData("DELETE FROM found WHERE start = 0", "links of documents are gone that nobody has read: from place 5 to 15")]
    [InlineData("UPDATE source_offsets SET offset = 46", "places in the links of documents stand beyond the last of them")]
    public async Task Links_that_were_found_and_are_damaged_are_found_and_named(string sql, string what)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("""
            INSERT INTO found(start, depth, lines) VALUES(0, 1, CAST('http://a.test/' || char(10) AS BLOB)), (15, 2, CAST('http://b.test/' || char(10) AS BLOB)), (30, 3, CAST('http://c.test/' || char(10) AS BLOB));
            INSERT INTO source_offsets VALUES('links', 'found', 5)
            """);
        Assert.Empty(await bed.CheckAsync());
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(), finding => finding.State == FindingState.Damaged && finding.What == what);
    }

    [Fact]
    public async Task A_place_beyond_the_links_found_is_set_to_their_end()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("INSERT INTO found(start, depth, lines) VALUES(0, 1, CAST('http://a.test/' || char(10) AS BLOB)); INSERT INTO source_offsets VALUES('links', 'found', 16)");

        await bed.RepairAsync();

        await using var ledger = SqliteLedger.Open(bed.State, new Seams());
        Assert.Equal(15, ledger.ResumeOffset("links", "found"));
    }

    [Fact]
    public async Task Refused_lines_that_nobody_counted_are_found()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("INSERT INTO refused SELECT 12, x'61', x'00' || substr(packed, 2) FROM refused; UPDATE counters SET value = value + 1 WHERE name = 'sequence'");

        Assert.Contains(await bed.CheckAsync(), found => found.State == FindingState.Damaged && found.What.StartsWith("2 refused lines have a row, but only 1 were counted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_that_the_index_lacks_or_has_too_many_of_are_found_one_by_one()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("UPDATE queue_normal SET packed = x'ff' || substr(packed, 2) WHERE seq IN (9, 10)");

        var found = (await bed.CheckAsync()).Where(finding => finding.Part == "index").ToList();
        Assert.Equal([2L, 2L], found.Select(finding => finding.Count));

        await bed.RepairAsync();
    }

    [Fact]
    public async Task An_older_ledger_can_be_taken_as_it_is_and_no_body_is_written_over()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("UPDATE counters SET value = value - 1 WHERE name IN ('done', 'recorded'); DELETE FROM content_metadata WHERE seq = 6; UPDATE bodies_tail SET end_offset = 5120");

        Assert.Contains(await bed.CheckAsync(), finding => finding.Part == "state");
        await bed.RepairAsync();

        Assert.Equal(FsckTestBed.Done * FsckTestBed.StoredBytes, new FileInfo(SegmentOf(bed)).Length);
        await using var ledger = SqliteLedger.Open(bed.State, new Seams());
        Assert.Equal(new SegmentTail(2, 0), ledger.BodiesTail);
    }

    [Fact]
    public async Task A_database_that_cannot_be_read_is_damage_with_a_way_out_and_stays_as_it_is()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await File.WriteAllTextAsync(bed.LedgerFile, new string('x', 100_000), TestContext.Current.CancellationToken);

        var found = Assert.Single(await bed.CheckAsync(repairs: true));

        Assert.Equal((FindingState.Damaged, "ledger"), (found.State, found.Part));
        Assert.Contains(".recover", found.WayOut, StringComparison.Ordinal);
        Assert.Equal(100_000, new FileInfo(bed.LedgerFile).Length);
    }

    private static string SegmentOf(FsckTestBed bed) => Path.Combine(bed.State, "bodies", "00000001.seg");

    private static void Flip(string path, int at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
