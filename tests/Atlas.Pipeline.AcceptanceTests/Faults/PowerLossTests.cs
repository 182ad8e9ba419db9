using System.Text;
using Atlas.Faults;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>A ledger whose machine loses its power: of every file only what was synced is left.</summary>
public sealed class PowerLossTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-power-").FullName;
    private readonly SyncedFiles _synced = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_lease_that_nothing_followed_is_lost_and_its_item_is_in_the_backlog_again()
    {
        using var watching = SqliteFiles.Watch(At("before"), _synced);
        await using var ledger = SqliteLedger.Open(At("before"), new Seams());
        await AdmitAsync(ledger, "http://a/1", "http://a/2");
        await ledger.ClaimAsync(await ledger.TakeFromBacklogAsync(2, TimeSpan.FromMinutes(1)));
        Assert.Equal(2, ledger.Books.Leased);

        await using var after = AfterPowerLoss();

        Assert.Equal((2, 0, 2), (after.Books.Queued, after.Books.Leased, after.Backlog));
        Assert.Equal([0, 0], (await after.TakeFromBacklogAsync(10, TimeSpan.FromMinutes(1))).Select(item => item.Attempt));
        await AssertBalancedAsync(after);
    }

    [Fact]
    public async Task An_outcome_makes_the_leases_before_it_durable_with_itself()
    {
        using var watching = SqliteFiles.Watch(At("before"), _synced);
        await using var ledger = SqliteLedger.Open(At("before"), new Seams());
        await AdmitAsync(ledger, "http://a/1", "http://a/2");
        var items = await ledger.TakeFromBacklogAsync(2, TimeSpan.FromMinutes(1));
        await ledger.ClaimAsync(items);
        await ledger.DeadLetterAsync(items[0], Reason.Http(404), "gone");

        await using var after = AfterPowerLoss();

        var left = Assert.Single(await after.TakeUnfinishedAsync(10));
        Assert.Equal(("http://a/2", 0, 1, 0), (left.Url, left.Attempt, left.Lost, after.Backlog));
        Assert.Equal(1, after.Books.Dead["http_404"]);
        await AssertBalancedAsync(after);
    }

    [Fact]
    public async Task Whatever_stands_in_a_queue_behind_a_lease_is_synced_before_it_is_acknowledged()
    {
        using var watching = SqliteFiles.Watch(At("before"), _synced);
        await using var ledger = SqliteLedger.Open(At("before"), new Seams());
        await AdmitAsync(ledger, "http://a/1");
        var items = await ledger.TakeFromBacklogAsync(1, TimeSpan.FromMinutes(1));

        var claiming = ledger.ClaimAsync(items);
        await AdmitAsync(ledger, "http://a/3");
        await claiming;

        await using var after = AfterPowerLoss();
        Assert.Equal(2, after.Books.AdmittedBefore);
        await AssertBalancedAsync(after);
    }

    [Fact]
    public async Task A_document_that_was_confirmed_is_confirmed_once_more_unless_another_outcome_has_followed()
    {
        using var watching = SqliteFiles.Watch(At("before"), _synced);
        await using var ledger = SqliteLedger.Open(At("before"), new Seams());
        await AdmitAsync(ledger, "http://a/1", "http://a/2", "http://a/3");
        foreach (var item in await ledger.TakeFromBacklogAsync(3, TimeSpan.FromMinutes(1)))
        {
            await ledger.ClaimAsync([item]);
            await ledger.CompleteAsync(Document(item, 1));
        }

        var items = await ledger.TakeAgainAsync(3, DateTimeOffset.UtcNow);
        await ledger.ClaimAsync(items);
        await ledger.ConfirmAsync(items[0], new Confirmation(DateTimeOffset.UtcNow, ByStatus: true, null, null));
        await ledger.CompleteAsync(Document(items[1], 2));
        await ledger.ConfirmAsync(items[2], new Confirmation(DateTimeOffset.UtcNow, ByStatus: true, null, null));
        Assert.Equal(0, ledger.Books.Refetches.Waiting);

        await using var after = AfterPowerLoss();

        var left = Assert.Single(await after.TakeUnfinishedAsync(10));
        Assert.Equal(("http://a/3", 3L), (left.Url, left.Again!.Id));
        Assert.Equal((3, 0, 1), (after.Books.Done, after.Books.Queued, after.Books.Refetches.Waiting));
        Assert.Equal(["http://a/1", "http://a/2"], (await after.TakeAgainAsync(9, DateTimeOffset.UtcNow)).Select(item => item.Url).Order(StringComparer.Ordinal));
        await AssertBalancedAsync(after);
    }

    private static CompletedDocument Document(WorkItem item, byte body) =>
        new(item, new FetchedDocument { FinalUrl = item.Url, Status = 200, FetchedAt = DateTimeOffset.UtcNow }, [.. Enumerable.Repeat(body, 32)], new BodyPlace(1, 0, 10));

    private string At(string name) => Path.Combine(_folder, name);

    private SqliteLedger AfterPowerLoss()
    {
        _synced.LeaveIn(At("after"));
        return SqliteLedger.Open(At("after"), new Seams());
    }

    private static async Task AdmitAsync(SqliteLedger ledger, params string[] urls)
    {
        var batch = new UrlBatchPool().Rent();
        batch.Source = "feed";
        var end = 0;
        foreach (var url in urls)
        {
            var length = Encoding.UTF8.GetBytes(url, batch.Text.AsSpan(end));
            batch.Rows[batch.Count++] = new UrlRow { TextStart = end, TextLength = length, SourceOffset = end, ContentId = ContentId.Of(batch.Text.AsSpan(end, length)), Priority = PriorityClass.Normal };
            end += length;
        }

        await ledger.AdmitAsync(batch);
        await ledger.FlushAsync();
    }

    private static async Task AssertBalancedAsync(SqliteLedger ledger)
    {
        var (books, audit) = (ledger.Books, await ledger.AuditAsync());
        Assert.True(books.Balance);
        Assert.Equal((books.Queued, books.Leased, books.Done, books.Dead.Values.Sum()), (audit.Queued, audit.Leased, audit.Done, audit.Dead));
    }
}
