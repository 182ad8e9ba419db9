using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class WorkTests
{
    [Fact]
    public async Task The_backlog_is_taken_by_urgency_and_then_in_order()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Low, "http://low/1", "http://low/2");
        await bed.AdmitAsync(PriorityClass.Critical, "http://top/1", "http://top/2");

        var first = await bed.Ledger.TakeFromBacklogAsync(3, LedgerTestBed.Aging);
        var second = await bed.Ledger.TakeFromBacklogAsync(3, LedgerTestBed.Aging);

        Assert.Equal(["http://top/1", "http://top/2", "http://low/1"], first.Select(item => item.Url));
        var last = Assert.Single(second);
        Assert.Equal(("http://low/2", "low", "feed", PriorityClass.Low, 2L), (last.Url, last.HostKey, last.Source, last.Priority, last.Sequence));
        Assert.Equal(0, bed.Ledger.Backlog);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task Classes_are_merged_by_how_long_their_first_rows_have_waited()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Low, "http://a/old", "http://a/old2");
        bed.Time.Advance(LedgerTestBed.Aging * 1.5);
        await bed.AdmitAsync(PriorityClass.Normal, "http://a/new");
        await bed.AdmitAsync(PriorityClass.Critical, "http://a/urgent");
        bed.Time.Advance(LedgerTestBed.Aging * 4);
        await bed.AdmitAsync(PriorityClass.Critical, "http://a/late");

        var first = await bed.Ledger.TakeFromBacklogAsync(2, LedgerTestBed.Aging);
        var rest = await bed.Ledger.TakeFromBacklogAsync(9, LedgerTestBed.Aging);

        Assert.Equal(["http://a/urgent", "http://a/old"], first.Select(item => item.Url));
        Assert.Equal(["http://a/old2", "http://a/new", "http://a/late"], rest.Select(item => item.Url));
    }

    [Fact]
    public async Task What_was_taken_is_found_again_as_it_stands()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.High, "http://a/1", "http://a/2");
        var taken = await bed.Ledger.TakeFromBacklogAsync(2, LedgerTestBed.Aging);
        await bed.Ledger.ClaimAsync(taken);
        var due = bed.Time.GetUtcNow().AddMinutes(1);
        await bed.Ledger.RetryAsync(taken[1], Reason.Timeout, "slow", due, countsAsAttempt: true);

        var found = Assert.Single(bed.Ledger.FindTaken([new TakenRow(taken[1].Sequence, PriorityClass.High)]));

        Assert.Equal(("http://a/2", "a", PriorityClass.High, 1, due), (found.Url, found.HostKey, found.Priority, found.Attempt, found.DueAt));
        Assert.Throws<LedgerException>(() => bed.Ledger.FindTaken([new TakenRow(99, PriorityClass.High)]));
    }

    [Fact]
    public async Task A_claim_counts_the_attempt_and_a_completion_records_the_document()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");
        Assert.Equal(1, item.Attempt);
        Assert.Equal(1, bed.Ledger.Books.Leased);

        var document = bed.Document(item);
        Assert.True(await bed.Ledger.CompleteAsync(document));

        var books = bed.Ledger.Books;
        Assert.Equal((0, 0, 1, 1, 10), (books.Queued, books.Leased, books.Done, books.DoneThisRun, books.BytesFetched));
        Assert.Equal([document.Place, null], bed.Ledger.FindBodies([document.BodySha256, new byte[32]]));
        Assert.Equal(new SegmentTail(1, 150), bed.Ledger.BodiesTail);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_retry_waits_queued_until_due_and_gives_an_attempt_back_only_when_asked_to()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");
        var due = bed.Time.GetUtcNow().AddMinutes(5);

        await bed.Ledger.RetryAsync(item, Reason.Timeout, "slow", due, countsAsAttempt: true);
        Assert.Equal((1, 0), (item.Attempt, item.Deferrals));
        await bed.Ledger.ClaimAsync([item]);
        await bed.Ledger.RetryAsync(item, Reason.RateLimited, "", due, countsAsAttempt: false);
        Assert.Equal((1, 1), (item.Attempt, item.Deferrals));

        await bed.ReopenAsync();
        var kept = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        Assert.Equal((1, 1, due), (kept.Attempt, kept.Deferrals, kept.DueAt));
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_retry_is_counted_for_every_request_after_the_first_and_not_for_waits()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");

        await EndAsync(wasSent: false);
        await EndAsync(wasSent: true);
        await EndAsync(wasSent: false);
        Assert.Equal(0, bed.Ledger.Books.Retries);
        await EndAsync(wasSent: true);
        Assert.Equal(1, bed.Ledger.Books.Retries);

        // The first request was another run's, and another object's.
        await bed.ReopenAsync();
        item = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        await bed.Ledger.ClaimAsync([item]);
        item.SentAt = 1;
        await bed.Ledger.CompleteAsync(bed.Document(item));
        Assert.Equal(1, bed.Ledger.Books.Retries);
        await bed.AssertBalancedAsync();

        async Task EndAsync(bool wasSent)
        {
            item.SentAt = wasSent ? 1 : 0;
            await bed.Ledger.RetryAsync(item, Reason.RateLimited, "", default, countsAsAttempt: false);
            await bed.Ledger.ClaimAsync([item]);
        }
    }

    [Fact]
    public async Task A_lease_of_a_process_that_is_gone_is_queued_again_and_counted_as_lost_and_not_as_an_attempt()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.ClaimedAsync("http://a/1");

        await bed.ReopenAsync();

        Assert.Equal((1, 0), (bed.Ledger.Books.Queued, bed.Ledger.Books.Leased));
        var item = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        Assert.Equal(("http://a/1", 0, 1), (item.Url, item.Attempt, item.Lost));
        await bed.Ledger.ClaimAsync([item]);
        Assert.Equal(1, item.Attempt);

        await bed.ReopenAsync();
        Assert.Equal(2, Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10)).Lost);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task An_outcome_ends_the_row_of_losses()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.ClaimedAsync("http://a/1");
        await bed.ReopenAsync();
        var item = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        await bed.Ledger.ClaimAsync([item]);

        await bed.Ledger.RetryAsync(item, Reason.Timeout, "slow", default, countsAsAttempt: true);

        Assert.Equal(0, item.Lost);
        await bed.ReopenAsync();
        var kept = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        Assert.Equal((1, 0), (kept.Attempt, kept.Lost));
    }

    [Fact]
    public async Task A_released_item_is_queued_as_if_it_had_never_been_claimed()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");

        await bed.Ledger.ReleaseAsync(item);

        Assert.Equal(0, item.Attempt);
        Assert.Equal((1, 0, 0), (bed.Ledger.Books.Queued, bed.Ledger.Books.Leased, bed.Ledger.Books.Retries));
        await bed.AssertBalancedAsync();
        await bed.ReopenAsync();
        var kept = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        Assert.Equal((0, 0, default), (kept.Attempt, kept.Lost, kept.DueAt.ToUnixTimeMilliseconds()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.ReleaseAsync(kept));
    }

    [Fact]
    public async Task A_url_given_up_is_a_dead_letter_with_its_reason()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");

        await bed.Ledger.DeadLetterAsync(item, Reason.Http(404), "gone");
        await bed.ReopenAsync();

        Assert.Equal(1, bed.Ledger.Books.Dead["http_404"]);
        Assert.Equal("http_404|gone|1|1", bed.Text("SELECT concat_ws('|', failure_classification, notes, retry_count, was_admitted) FROM dead_letter_queue"));
        var seen = 0;
        bed.Ledger.ScanSeenKeys(0, (chunk, _) => seen += chunk.Length);
        Assert.Equal(1, seen);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task An_edge_from_a_wrong_state_is_refused_and_changes_nothing()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a/1", "http://a/2");
        var items = await bed.Ledger.TakeFromBacklogAsync(2, LedgerTestBed.Aging);

        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.CompleteAsync(bed.Document(items[0])));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.DeadLetterAsync(items[0], Reason.Timeout, ""));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.RetryAsync(items[0], Reason.Timeout, "", default, true));
        await bed.Ledger.ClaimAsync([items[0]]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.ClaimAsync([items[1], items[0]]));

        Assert.Equal((1, 1), (bed.Ledger.Books.Queued, bed.Ledger.Books.Leased));
        Assert.Equal(0, items[1].Attempt);
        Assert.False(bed.Ledger.Failure.IsCompleted);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_second_record_of_one_content_id_is_caught_and_its_item_is_finished()
    {
        await using var bed = LedgerTestBed.Fresh();
        var first = await bed.ClaimedAsync("http://a/1");
        var second = await bed.ClaimedAsync("http://a/1");

        await bed.Ledger.CompleteAsync([bed.Document(first)], new SegmentTail(1, 150));
        Assert.False(await bed.Ledger.CompleteAsync(bed.Document(second)));

        var books = bed.Ledger.Books;
        Assert.Equal((1, 2, 1), (books.DedupAuthorityCaught, books.Done, books.DoneThisRun));
        Assert.Equal(1, bed.Scalar("SELECT count(*) FROM content_metadata"));
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task What_earlier_runs_left_is_given_page_by_page_and_once()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Low, "http://low/1", "http://low/2", "http://low/3");
        await bed.AdmitAsync(PriorityClass.High, "http://high/1", "http://high/2");
        await bed.Ledger.TakeFromBacklogAsync(5, LedgerTestBed.Aging);
        await bed.AdmitAsync(PriorityClass.High, "http://high/later");
        await bed.ReopenAsync();
        var left = new List<string>();

        while (await bed.Ledger.TakeUnfinishedAsync(2) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 2);
            left.AddRange(page.Select(item => item.Url));

            // What this run takes itself is no one's remainder.
            await bed.Ledger.TakeFromBacklogAsync(1, LedgerTestBed.Aging);
        }

        Assert.Equal(["http://high/1", "http://high/2", "http://low/1", "http://low/2", "http://low/3"], left);
        await bed.AssertBalancedAsync();
    }
}
