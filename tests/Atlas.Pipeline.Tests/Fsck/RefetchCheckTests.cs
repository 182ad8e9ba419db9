using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Fsck;

/// <summary>Documents that are asked for again: each in one place, and its earlier versions readable.</summary>
public sealed class RefetchCheckTests
{
    [Fact]
    public async Task Documents_that_were_and_are_being_asked_for_again_are_clean()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AskAgainAsync();

        Assert.Empty(await bed.CheckAsync(knowsRules: true));

        Assert.Equal(["http://a.test/10", "http://a.test/3", "http://a.test/4", "http://a.test/9"], await bed.WaitingAsync());
    }

    [Theory]
    [InlineData("DELETE FROM work WHERE document = 3", "documents would never be asked for again")]
    [InlineData("DELETE FROM checked WHERE document = 1", "documents would never be asked for again")]
    [InlineData("INSERT INTO checked SELECT fetched_at, id FROM content_metadata WHERE id = 3", "checks are remembered of documents that are not there, not done with, or were checked later")]
    [InlineData("INSERT INTO checked SELECT fetched_at, id FROM content_metadata WHERE id = 6", "checks are remembered of documents that are not there, not done with, or were checked later")]
    [InlineData("INSERT INTO checked SELECT fetched_at, id FROM content_metadata WHERE id = 1", "checks are remembered of documents that are not there, not done with, or were checked later")]
    [InlineData("INSERT INTO checked VALUES(5, 77)", "checks are remembered of documents that are not there, not done with, or were checked later")]
    [InlineData("UPDATE work SET document = 6 WHERE document = 3", "rows of work ask again for documents that there are not")]
    [InlineData("UPDATE work SET document = 77 WHERE document = 3", "rows of work ask again for documents that there are not")]
    [InlineData("UPDATE meta SET value = '3' WHERE name = 'refetch_cursor'", "rows of work ask again for documents that there are not")]
    [InlineData("UPDATE meta SET value = '7' WHERE name = 'refetch_cursor'", "documents were taken up to be asked for again as far as 7, and the last one is 6")]
    [InlineData("DELETE FROM meta WHERE name = 'refetch_cursor'", "documents were taken up to be asked for again as far as nobody knows, and the last one is 6")]
    [InlineData("UPDATE counters SET value = 7 WHERE name = 'refetching'", "the counter refetching says 7, its rows say 2")]
    [InlineData("UPDATE counters SET value = 7 WHERE name = 'refetches'", "the counter refetches says 7, its rows say 4")]
    public async Task A_document_in_none_or_two_of_its_places_is_found_and_put_right(string sql, string what)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AskAgainAsync();
        bed.Sabotage(sql);

        Assert.Contains(what, (await bed.CheckAsync()).Where(finding => finding.State == FindingState.Damaged).Select(finding => finding.What));
        await bed.RepairAsync();

        await AssertAllComeAgainAsync(bed);
    }

    [Theory]
    [InlineData("UPDATE content_metadata SET body_offset = body_offset + 2 WHERE id = 6")]
    [InlineData("UPDATE content_metadata SET body_offset = body_offset + 2 WHERE id = 1")]
    [InlineData("UPDATE content_metadata SET body_offset = body_offset + 2 WHERE id IN (2, 3)")]
    public async Task A_document_whose_body_is_damaged_is_fetched_whole_and_then_asked_for_again_like_any_other(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AskAgainAsync();
        bed.Sabotage(sql);

        await bed.RepairAsync();

        await AssertAllComeAgainAsync(bed);
    }

    /// <summary>The number of the last document is free again when that one is queued, and the cursor has passed it.</summary>
    [Fact]
    public async Task The_last_document_is_found_again_behind_the_cursor_after_it_was_queued_and_fetched()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await using (var ledger = SqliteLedger.Open(bed.State, new Seams()))
        {
            var items = await ledger.TakeAgainAsync(9, DateTimeOffset.UtcNow);
            await ledger.ClaimAsync(items);
            foreach (var item in items)
                await ledger.ConfirmAsync(item, new Confirmation(DateTimeOffset.UtcNow, ByStatus: true, null, null));
        }

        bed.Sabotage("UPDATE content_metadata SET body_offset = body_offset + 2 WHERE id = 6");

        await bed.RepairAsync();

        await AssertAllComeAgainAsync(bed);
    }

    [Fact]
    public async Task An_earlier_version_that_is_damaged_is_forgotten_and_the_document_stays()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AskAgainAsync();
        bed.Sabotage("UPDATE document_versions SET body_offset = body_offset + 2");

        Assert.Equal("earlier versions of documents whose body or headers are gone or damaged", Assert.Single(await bed.CheckAsync()).What);
        await bed.RepairAsync();

        using var ledger = SqlConnection.Open(bed.LedgerFile, readOnly: true);
        Assert.Equal((0, FsckTestBed.Done), (ledger.Scalar("SELECT count(*) FROM document_versions"), ledger.Scalar("SELECT count(*) FROM content_metadata")));
    }

    /// <summary>A body of a version may be the last one: what is written next must not lie over it.</summary>
    [Fact]
    public async Task A_tail_in_front_of_an_earlier_versions_body_is_found()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AskAgainAsync();
        bed.Sabotage("UPDATE document_versions SET segment = 9");

        Assert.Contains(await bed.CheckAsync(), finding => finding.What == "bodies lie behind the place where writing goes on, and would be written over");
    }

    /// <summary>Works off what is left, and then every document is taken up once.</summary>
    private static async Task AssertAllComeAgainAsync(FsckTestBed bed)
    {
        await using var ledger = SqliteLedger.Open(bed.State, new Seams());
        var left = await ledger.TakeUnfinishedAsync(100);
        await ledger.ClaimAsync(left);
        foreach (var item in left)
        {
            if (item.Again is null)
                await ledger.CompleteAsync(new CompletedDocument(item, new FetchedDocument { FinalUrl = item.Url, Status = 200, FetchedAt = DateTimeOffset.UtcNow }, new byte[32], new BodyPlace(1, 0, 1)));
            else
                await ledger.ConfirmAsync(item, new Confirmation(DateTimeOffset.UtcNow, ByStatus: true, null, null));
        }

        var again = await ledger.TakeAgainAsync(100, DateTimeOffset.UtcNow.AddHours(1));

        Assert.Equal(Enumerable.Range(1, FsckTestBed.Done).Select(i => $"http://a.test/{i}"), again.Select(item => item.Url).Order(StringComparer.Ordinal));
        Assert.True(ledger.Books.Balance);
    }
}
