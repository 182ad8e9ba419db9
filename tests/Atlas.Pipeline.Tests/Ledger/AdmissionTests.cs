using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class AdmissionTests
{
    /// <summary>A command that overtook the queue in the last moment of a group of counted lines was left behind, and nothing woke the writer for it.</summary>
    [Fact]
    public async Task A_command_that_overtakes_the_queue_is_done_at_whatever_moment_it_comes()
    {
        await using var bed = LedgerTestBed.Fresh();
        for (var round = 0; round < 40; round++)
        {
            // Nothing of it is written, so its group waits for more.
            await bed.Ledger.AdmitAsync(bed.Batch(["http://a/"], decide: rows => rows[0].DropAsDuplicate()));
            await Task.Delay(round % 4, TestContext.Current.CancellationToken);
            bed.Time.Advance(TimeSpan.FromMilliseconds(10));
            await bed.Ledger.RecordSeenCheckpointAsync(new SeenCheckpoint($"{round}", 0, "")).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }

        Assert.Equal("39", bed.Ledger.LastSeenCheckpoint!.Token);
    }

    [Fact]
    public async Task Every_line_of_a_batch_is_in_one_place_of_the_books()
    {
        await using var bed = LedgerTestBed.Fresh();

        await bed.Ledger.AdmitAsync(bed.Batch(["http://a/1", "http://a/1", "junk", "file:///x"], decide: rows =>
        {
            rows[1].DropAsDuplicate();
            rows[2].Reject(Reason.Malformed);
            rows[3].Reject(Reason.SchemeFile);
        }));
        await bed.Ledger.FlushAsync();

        var books = bed.Ledger.Books;
        Assert.Equal((4, 1, 1, 1), (books.Received, books.Admitted, books.Duplicates, books.Queued));
        Assert.Equal([new("malformed", 1), new("scheme_file", 1)], books.Rejected);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_refused_line_is_a_dead_letter_as_received()
    {
        await using var bed = LedgerTestBed.Fresh();
        var batch = bed.Batch(["j\u00e4nk"], decide: rows => rows[0].Reject(Reason.Malformed));
        batch.Text[1] = 0xFF;

        await bed.Ledger.AdmitAsync(batch);
        await bed.Ledger.FlushAsync();

        Assert.Equal("6AFFA46E6B", bed.Text("SELECT hex(source_url) FROM dead_letter_queue"));
        Assert.Equal("malformed", bed.Text("SELECT failure_classification FROM dead_letter_queue"));
    }

    [Fact]
    public async Task A_line_refused_again_is_counted_twice_and_written_once()
    {
        await using var bed = LedgerTestBed.Fresh();

        await bed.Ledger.AdmitAsync(bed.Batch(["junk", "junk"], decide: rows =>
        {
            rows[0].Reject(Reason.Malformed);
            rows[1].Reject(Reason.Malformed);
            rows[1].IsRepeat = true;
        }));
        await bed.Ledger.FlushAsync();

        Assert.Equal(2, bed.Ledger.Books.Rejected["malformed"]);
        Assert.Equal(1, bed.Scalar("SELECT count(*) FROM dead_letter_queue"));
    }

    [Fact]
    public async Task A_side_copy_writes_nothing()
    {
        await using var bed = LedgerTestBed.Fresh();
        var copy = bed.Batch(["http://a/1"]);
        copy.CountsInBooks = false;

        await bed.Ledger.AdmitAsync(copy);
        await bed.Ledger.FlushAsync();

        Assert.Equal(0, bed.Ledger.Books.Received);
        Assert.Equal(0, bed.Ledger.LastSequence);
    }

    [Fact]
    public async Task What_was_handed_in_before_the_end_is_kept_without_a_flush()
    {
        await using var bed = LedgerTestBed.Fresh();
        for (var i = 0; i < 100; i++)
            await bed.Ledger.AdmitAsync(bed.Batch([$"http://a/{i}", $"http://b/{i}"]));

        await bed.ReopenAsync();

        Assert.Equal(200, bed.Ledger.Books.AdmittedBefore);
        Assert.Equal(200, bed.Ledger.Backlog);
        Assert.Equal(200, bed.Ledger.LastSequence);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_batch_and_its_position_are_durable_together()
    {
        await using var bed = LedgerTestBed.Fresh();
        var progress = new SourceProgress("feed");
        bed.Ledger.Follow(progress);
        var batch = bed.Batch(["http://a/1"]);
        batch.Receipt = progress.Open("file-1", 4711);
        var atCommit = 0L;
        bed.Ledger.Admitted += () => atCommit = bed.Ledger.ResumeOffset("feed", "file-1");

        await bed.Ledger.AdmitAsync(batch);
        await bed.Ledger.FlushAsync();
        await bed.ReopenAsync();

        Assert.Equal(4711, atCommit);
        Assert.Equal(4711, bed.Ledger.ResumeOffset("feed", "file-1"));
        Assert.Equal(0, bed.Ledger.ResumeOffset("feed", "file-2"));
    }

    [Fact]
    public async Task A_position_waits_for_the_batches_before_it()
    {
        await using var bed = LedgerTestBed.Fresh();
        var progress = new SourceProgress("feed");
        bed.Ledger.Follow(progress);
        var early = progress.Open("file-1", 10);
        var batch = bed.Batch(["http://a/1"]);
        batch.Receipt = progress.Open("file-1", 20);

        await bed.Ledger.AdmitAsync(batch);
        await bed.Ledger.FlushAsync();
        Assert.Equal(0, bed.Ledger.ResumeOffset("feed", "file-1"));

        early.Settle();
        await bed.ReopenAsync();
        Assert.Equal(20, bed.Ledger.ResumeOffset("feed", "file-1"));
    }

    [Fact]
    public async Task The_dedup_index_can_be_rebuilt_from_admitted_and_refused_rows_alike()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Low, "http://old/");
        var above = bed.Ledger.LastSequence;
        await bed.Ledger.AdmitAsync(bed.Batch(["http://a/1", "junk"], decide: rows => rows[1].Reject(Reason.Malformed)));
        await bed.Ledger.FlushAsync();

        var keys = new List<UInt128>();
        bed.Ledger.ScanSeenKeys(above, (chunk, _) => keys.AddRange(chunk));

        Assert.Equal([SeenKey.OfAdmitted(ContentId.Of("http://a/1"u8)), SeenKey.OfRefused(ContentId.Of("junk"u8))], keys);
        Assert.Equal(3, bed.Ledger.LastSequence);
    }

    [Fact]
    public async Task Every_key_says_by_which_version_of_the_rules_it_is()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(bed.Batch(["http://a/1", "http://a/2", "junk"], decide: rows => rows[2].Reject(Reason.Malformed)));
        await bed.Ledger.FlushAsync();
        Assert.Equal("1,1|1", bed.Text("SELECT (SELECT group_concat(ruleset_version) FROM processing_queue) || '|' || (SELECT group_concat(ruleset_version) FROM dead_letter_queue)"));

        // What the row says counts from here on, not what the program would say now.
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute($"UPDATE queue_normal SET packed = CAST(substr(packed, 1, {PackedRow.Size - 1}) || x'FE' AS BLOB)");
        var items = await bed.Ledger.TakeFromBacklogAsync(2, LedgerTestBed.Aging);
        await bed.Ledger.ClaimAsync(items);
        Assert.Equal("254,254", bed.Text("SELECT group_concat(ruleset_version) FROM processing_queue"));
        await bed.Ledger.CompleteAsync(bed.Document(items[0]));
        await bed.Ledger.DeadLetterAsync(items[1], Reason.Http(404), "gone");

        Assert.Equal("254|254", bed.Text("SELECT (SELECT ruleset_version FROM content_metadata) || '|' || (SELECT ruleset_version FROM dead_letter_queue WHERE was_admitted = 1)"));
    }

    [Fact]
    public async Task The_roadmaps_queue_is_a_view()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.High, "http://a/1");

        Assert.Equal(ContentId.ToHex(ContentId.Of("http://a/1"u8)) + "|http://a/1|queued|http_content|80|0",
            bed.Text("SELECT concat_ws('|', content_id, source_url, status, processing_strategy, priority, retry_count) FROM processing_queue"));
        Assert.Equal(bed.Time.GetUtcNow().ToUnixTimeMilliseconds(), bed.Scalar("SELECT created_at FROM processing_queue"));
    }

    [Fact]
    public async Task The_queue_view_shows_every_level_and_those_below_the_classes_as_less_urgent()
    {
        await using var bed = LedgerTestBed.Fresh();
        for (var level = PriorityClasses.Count - 1; level >= 0; level--)
            await bed.AdmitAsync((PriorityClass)level, $"http://a/{level}", $"http://a/{level}/later");
        await bed.Ledger.TakeFromBacklogAsync(PriorityClasses.Count, TimeSpan.FromTicks(1));

        const string Shown = "100,80,50,20,10,9,8,7,6,5,4,3,2,1";
        Assert.Equal(Shown, bed.Text("SELECT group_concat(priority) FROM (SELECT DISTINCT priority FROM processing_queue ORDER BY priority DESC)"));
        Assert.Equal(2 * PriorityClasses.Count, bed.Scalar("SELECT count(*) FROM processing_queue"));
    }
}
