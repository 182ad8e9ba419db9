using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

/// <summary>Documents that are asked for again: where they are at each moment, and what each end leaves.</summary>
public sealed class RefetchTests
{
    /// <summary>Counts the documents that are in none or several of the three places where they may wait for being asked for again.</summary>
    public const string NotInOnePlace = """
        SELECT count(*) FROM content_metadata m WHERE (m.id > (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'refetch_cursor'))
          + (SELECT count(*) FROM work WHERE document = m.id AND seq = m.seq) + (SELECT count(*) FROM checked WHERE document = m.id) <> 1
        """;

    private static readonly TimeSpan Age = TimeSpan.FromDays(7);

    [Fact]
    public async Task Only_what_is_old_enough_is_taken_and_the_oldest_first()
    {
        await using var bed = LedgerTestBed.Fresh();
        var start = bed.Time.GetUtcNow();
        await StoreAsync(bed, "http://a/1", "http://a/2");
        bed.Time.Advance(TimeSpan.FromDays(1));
        await StoreAsync(bed, "http://a/3");
        Assert.Equal(start, bed.Ledger.OldestCheck());

        bed.Time.Advance(Age - TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await TakeAsync(bed));
        bed.Time.Advance(TimeSpan.FromMilliseconds(1));
        var first = Assert.Single(await TakeAsync(bed, most: 1));
        var second = Assert.Single(await TakeAsync(bed));

        Assert.Equal(("http://a/1", "http://a/2"), (first.Url, second.Url));
        Assert.Equal((bed.Time.GetUtcNow(), 0), (first.DueAt, first.Attempt));
        Assert.Equal(("http://a/1", "\"1\"", start), (first.Again!.FinalUrl, first.Again.ETag, first.Again.LastModified));
        Assert.Equal(start + TimeSpan.FromDays(1), bed.Ledger.OldestCheck());
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task What_was_checked_last_comes_last_again()
    {
        await using var bed = LedgerTestBed.Fresh();
        await StoreAsync(bed, "http://a/1", "http://a/2", "http://a/3");
        bed.Time.Advance(Age);
        var items = await ClaimAsync(bed);
        foreach (var item in items.Reverse())
        {
            await bed.Ledger.ConfirmAsync(item, Same(bed, item));
            bed.Time.Advance(TimeSpan.FromHours(1));
        }

        bed.Time.Advance(TimeSpan.FromHours(2));
        await StoreAsync(bed, "http://a/4");
        bed.Time.Advance(Age);

        Assert.Equal(["http://a/3", "http://a/2", "http://a/1", "http://a/4"], (await TakeAsync(bed)).Select(item => item.Url));
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task A_document_that_is_not_modified_keeps_its_body_and_says_when_it_was_checked()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, before) = await OneLeasedAsync(bed);

        await bed.Ledger.ConfirmAsync(item, new Confirmation(bed.Time.GetUtcNow(), ByStatus: true, "\"new\"", null));

        Assert.Equal(before, bed.Text(Body));
        Assert.Equal($"\"new\"|{bed.Time.GetUtcNow().ToUnixTimeMilliseconds()}|none", bed.Text("SELECT concat_ws('|', etag, checked_at, coalesce(check_failure, 'none')) FROM content_metadata WHERE last_modified IS NULL"));
        Assert.Equal((1, 1, 0, 0, 0), Counts(bed));
        Assert.Equal(0, bed.Scalar("SELECT count(*) FROM document_versions"));
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task A_document_that_came_again_as_it_was_is_unchanged_and_costs_what_was_on_the_wire()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, before) = await OneLeasedAsync(bed);
        var bytes = bed.Ledger.Books.BytesFetched;

        await bed.Ledger.ConfirmAsync(item, new Confirmation(bed.Time.GetUtcNow(), ByStatus: false, null, null, WireBytes: 33));

        Assert.Equal((before, bytes + 33), (bed.Text(Body), bed.Ledger.Books.BytesFetched));
        Assert.Equal((1, 0, 1, 0, 0), Counts(bed));
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task A_document_that_has_changed_replaces_the_one_before_which_becomes_a_version()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, before) = await OneLeasedAsync(bed);
        var place = new BodyPlace(1, 400, 60);

        Assert.True(await bed.Ledger.CompleteAsync(Document(bed, item, 9) with { Place = place }));

        Assert.Equal(before, bed.Text(Body.Replace("content_metadata", "document_versions", StringComparison.Ordinal)));
        Assert.Equal(1, bed.Scalar($"SELECT count(*) FROM content_metadata WHERE checked_at IS NULL AND body_offset = 400 AND attempts = 1 AND fetched_at = {bed.Time.GetUtcNow().ToUnixTimeMilliseconds()}"));
        Assert.Equal((1, 0, 0, 1, 0), Counts(bed));
        Assert.Equal([place, new BodyPlace(1, 100, 50)], bed.Ledger.FindBodies([[.. Enumerable.Repeat((byte)9, 32)], [.. Enumerable.Repeat((byte)1, 32)]]));
        await AssertInOnePlaceAsync(bed);

        // A body that comes back is found among the versions, in the next run too.
        await bed.ReopenAsync();
        Assert.Equal([new BodyPlace(1, 100, 50)], bed.Ledger.FindBodies([[.. Enumerable.Repeat((byte)1, 32)]]));
    }

    [Fact]
    public async Task The_same_body_from_another_URL_is_recorded_whole_and_counts_as_unchanged()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, _) = await OneLeasedAsync(bed);

        await bed.Ledger.CompleteAsync(Document(bed, item, 1));

        Assert.Equal((1, 0, 1, 0, 0), Counts(bed));
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task A_document_that_is_gone_stays_with_the_reason_beside_it_and_is_asked_for_after_the_next_period()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, before) = await OneLeasedAsync(bed);

        await bed.Ledger.DeadLetterAsync(item, Reason.Http(404), "gone");

        Assert.Equal(before, bed.Text(Body));
        Assert.Equal($"http_404|{bed.Time.GetUtcNow().ToUnixTimeMilliseconds()}", bed.Text("SELECT concat_ws('|', check_failure, check_failed_at) FROM content_metadata WHERE checked_at IS NULL"));
        Assert.Equal(0, bed.Scalar("SELECT count(*) FROM dead"));
        Assert.Equal((1, 0, 0, 0, 1), Counts(bed));
        Assert.Equal(1, bed.Ledger.Books.Refetches.Failed["http_404"]);
        await AssertInOnePlaceAsync(bed);

        Assert.Empty(await TakeAsync(bed));
        bed.Time.Advance(Age);
        var again = Assert.Single(await ClaimAsync(bed));
        await bed.Ledger.ConfirmAsync(again, Same(bed, again));
        Assert.Equal(1, bed.Scalar("SELECT count(*) FROM content_metadata WHERE check_failure IS NULL AND check_failed_at IS NULL AND checked_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_document_that_has_moved_stays_and_the_new_place_is_admitted_in_the_same_transaction()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, before) = await OneLeasedAsync(bed);

        Assert.True(await bed.Ledger.AliasAsync(item, new AliasTarget(ContentId.Of("http://b/"u8), "http://b/"), 1, bed.Batch(["http://b/"])));

        Assert.Equal((before, "moved"), (bed.Text(Body), bed.Text("SELECT check_failure FROM content_metadata")));
        Assert.Equal((0, 1, 1, 1), (bed.Scalar("SELECT count(*) FROM aliases"), bed.Ledger.Books.Queued, bed.Ledger.Books.RedirectTargets, bed.Ledger.Books.Done));
        Assert.Equal("http://b/", Assert.Single(await bed.Ledger.TakeFromBacklogAsync(9, LedgerTestBed.Aging)).Url);
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task Another_spelling_and_a_retry_are_remembered_with_the_document_they_are_for()
    {
        await using var bed = LedgerTestBed.Fresh();
        var (item, _) = await OneLeasedAsync(bed);
        var due = bed.Time.GetUtcNow().AddMinutes(1);

        var again = await bed.Ledger.AskAgainAsync(item, "https://a/1", "a");
        await bed.Ledger.ClaimAsync([again]);
        await bed.Ledger.RetryAsync(again, Reason.Timeout, "", due, countsAsAttempt: true);

        Assert.Equal(0, bed.Scalar("SELECT count(*) FROM processing_queue"));
        Assert.Equal((0, 0, 1, 1), (bed.Ledger.Books.Queued, bed.Ledger.Books.Leased, bed.Ledger.Books.Done, bed.Ledger.Books.Refetches.Waiting));
        var found = Assert.Single(bed.Ledger.FindTaken([new TakenRow(item.Sequence, item.Priority)]));
        Assert.Equal((item.Again!.Id, "http://a/1", "\"1\"", item.Again.LastModified), (again.Again!.Id, found.Again!.FinalUrl, found.Again.ETag, found.Again.LastModified));
        Assert.Equal(item.Again.BodySha256, found.Again.BodySha256);
        Assert.Equal(("https://a/1", 1, due), (found.Asks, found.Attempt, found.DueAt));
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task What_is_being_asked_for_when_the_process_dies_is_asked_for_by_the_next_and_never_lost()
    {
        await using var bed = LedgerTestBed.Fresh();
        await StoreAsync(bed, "http://a/1", "http://a/2", "http://a/3");
        bed.Time.Advance(Age);
        var items = await TakeAsync(bed, most: 2);
        await bed.Ledger.ClaimAsync([items[1]]);
        await AssertInOnePlaceAsync(bed);

        await bed.ReopenAsync();

        await AssertInOnePlaceAsync(bed);
        Assert.Equal((2, 0, 0, 3), (bed.Ledger.Books.Refetches.Before, bed.Ledger.Books.Queued, bed.Ledger.Books.Leased, bed.Ledger.Books.Done));
        var left = await bed.Ledger.TakeUnfinishedAsync(10);
        Assert.Equal([("http://a/1", 0), ("http://a/2", 1)], left.Select(item => (item.Url, item.Lost)));
        Assert.All(left, item => Assert.NotNull(item.Again));
        await bed.Ledger.ClaimAsync(left);
        foreach (var item in left)
            await bed.Ledger.ConfirmAsync(item, Same(bed, item));
        Assert.Equal("http://a/3", Assert.Single(await TakeAsync(bed)).Url);
        await AssertInOnePlaceAsync(bed);
    }

    [Fact]
    public async Task An_end_without_a_lease_is_refused_and_changes_nothing()
    {
        await using var bed = LedgerTestBed.Fresh();
        await StoreAsync(bed, "http://a/1");
        bed.Time.Advance(Age);
        var item = Assert.Single(await TakeAsync(bed));

        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.ConfirmAsync(item, Same(bed, item)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.CompleteAsync(bed.Document(item)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.DeadLetterAsync(item, Reason.Http(404), ""));

        Assert.Equal(1, bed.Ledger.Books.Refetches.Waiting);
        await AssertInOnePlaceAsync(bed);
    }

    private const string Body = "SELECT concat_ws('|', hex(body_sha256), segment, body_offset, body_length, fetched_at, final_url) FROM content_metadata";

    private static async Task StoreAsync(LedgerTestBed bed, params string[] urls)
    {
        foreach (var url in urls)
            Assert.True(await bed.Ledger.CompleteAsync(Document(bed, await bed.ClaimedAsync(url), 1)));
    }

    private static CompletedDocument Document(LedgerTestBed bed, WorkItem item, byte body) => bed.Document(item, body) with
    {
        Document = new FetchedDocument { FinalUrl = item.Url, Status = 200, ETag = $"\"{item.Sequence}\"", LastModified = bed.Time.GetUtcNow(), FetchedAt = bed.Time.GetUtcNow(), WireBytes = 10 },
    };

    private static Confirmation Same(LedgerTestBed bed, WorkItem item) => new(bed.Time.GetUtcNow(), ByStatus: true, item.Again!.ETag, item.Again.LastModified);

    private static Task<IReadOnlyList<WorkItem>> TakeAsync(LedgerTestBed bed, int most = 100) => bed.Ledger.TakeAgainAsync(most, bed.Time.GetUtcNow() - Age);

    private static async Task<IReadOnlyList<WorkItem>> ClaimAsync(LedgerTestBed bed)
    {
        var items = await TakeAsync(bed);
        await bed.Ledger.ClaimAsync(items);
        return items;
    }

    private static async Task<(WorkItem Item, string Body)> OneLeasedAsync(LedgerTestBed bed)
    {
        await StoreAsync(bed, "http://a/1");
        bed.Time.Advance(Age);
        return (Assert.Single(await ClaimAsync(bed)), bed.Text(Body));
    }

    private static (long Taken, long NotModified, long Unchanged, long Changed, long Failed) Counts(LedgerTestBed bed) => bed.Ledger.Books.Refetches is var books
        ? (books.Taken, books.NotModified, books.Unchanged, books.Changed, books.Failed.Values.Sum()) : default;

    /// <summary>Each document is in exactly one place of three, and the books say what the rows say.</summary>
    private static async Task AssertInOnePlaceAsync(LedgerTestBed bed)
    {
        Assert.Equal(0, bed.Scalar(NotInOnePlace));
        await bed.AssertBalancedAsync();
    }
}
