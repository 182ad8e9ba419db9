using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Ledger;

/// <summary>A ledger in a directory of its own, and short ways to feed it.</summary>
internal sealed class LedgerTestBed : IAsyncDisposable
{
    public static readonly TimeSpan Aging = TimeSpan.FromMinutes(1);

    private readonly UrlBatchPool _pool = new();

    private LedgerTestBed()
    {
        Directory = Path.Combine(Path.GetTempPath(), "atlas-ledger-" + Guid.NewGuid().ToString("n"));
        Time.SetUtcNow(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));
        Ledger = Open();
    }

    public string Directory { get; }

    public FakeTimeProvider Time { get; } = new();

    public SqliteLedger Ledger { get; private set; }

    public static LedgerTestBed Fresh() => new();

    public async Task ReopenAsync()
    {
        await Ledger.DisposeAsync();
        Ledger = Open();
    }

    /// <summary>A batch of lines; each is admitted unless <paramref name="decide"/> says otherwise.</summary>
    public UrlBatch Batch(string[] lines, PriorityClass priority = PriorityClass.Normal, Action<UrlRow[]>? decide = null)
    {
        var batch = _pool.Rent();
        batch.Source = "feed";
        var end = 0;
        foreach (var line in lines)
        {
            var length = Encoding.UTF8.GetBytes(line, batch.Text.AsSpan(end));
            batch.Rows[batch.Count++] = new UrlRow
            {
                TextStart = end,
                TextLength = length,
                SourceOffset = end,
                ContentId = ContentId.Of(batch.Text.AsSpan(end, length)),
                Priority = priority,
            };
            end += length;
        }

        decide?.Invoke(batch.Rows);
        return batch;
    }

    public async Task AdmitAsync(PriorityClass priority, params string[] urls)
    {
        await Ledger.AdmitAsync(Batch(urls, priority));
        await Ledger.FlushAsync();
    }

    public async Task<WorkItem> ClaimedAsync(string url)
    {
        await AdmitAsync(PriorityClass.Normal, url);
        var item = Assert.Single(await Ledger.TakeFromBacklogAsync(1, Aging));
        await Ledger.ClaimAsync([item]);
        return item;
    }

    public CompletedDocument Document(WorkItem item, byte body = 1) => new(
        item,
        new FetchedDocument { FinalUrl = item.Url, Status = 200, FetchedAt = Time.GetUtcNow(), WireBytes = 10 },
        [.. Enumerable.Repeat(body, 32)],
        new BodyPlace(1, 100, 50));

    public long Scalar(string sql)
    {
        using var connection = SqlConnection.Open(Path.Combine(Directory, "ledger.db"), readOnly: true);
        return connection.Scalar(sql);
    }

    public string Text(string sql)
    {
        using var connection = SqlConnection.Open(Path.Combine(Directory, "ledger.db"), readOnly: true);
        var statement = connection.Prepare(sql);
        Assert.True(statement.Step());
        return statement.Text(0);
    }

    public async Task AssertBalancedAsync()
    {
        var books = Ledger.Books;
        Assert.True(books.Balance);
        var counted = new BooksAudit(books.Admitted + books.AdmittedBefore, books.Queued, books.Leased, books.Done, books.Dead.Values.Sum()) { Refetching = books.Refetches.Waiting, Purged = books.Purged };
        Assert.Equal(counted, await Ledger.AuditAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private SqliteLedger Open() => SqliteLedger.Open(Directory, new Seams { Time = Time });
}
