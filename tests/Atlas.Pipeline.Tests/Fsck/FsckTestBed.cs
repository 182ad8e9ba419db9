using System.Buffers;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Pipeline.Tests.Ledger;
using Atlas.Urls;

using Atlas.Pipeline.Tests.Dedup;

namespace Atlas.Pipeline.Tests.Fsck;

/// <summary>A state directory as runs leave it, made by the real rooms: six URLs are done, two dead, two wait, one line was refused, and the index has a checkpoint.</summary>
internal sealed class FsckTestBed : IAsyncDisposable
{
    public const int Done = 6, Dead = 2, Waiting = 2;

    /// <summary>Bytes of a body and of what was said around it, in the segment.</summary>
    public const int StoredBytes = 1_024;

    private readonly LedgerTestBed _bed = LedgerTestBed.Fresh();

    public string State => _bed.Directory;

    public string LedgerFile => Path.Combine(State, "ledger.db");

    public static async Task<FsckTestBed> FilledAsync()
    {
        var made = new FsckTestBed();
        var bed = made._bed;
        string[] urls = [.. Enumerable.Range(1, Done + Dead + Waiting).Select(i => $"http://a.test/{i}"), "file:///x"];
        using (var store = FasterSeenStore.Open(Path.Combine(made.State, "seen"), new DedupOptions { ExpectedUrls = 1_000, MemoryBytes = 4 << 20 }, bed.Ledger, new Seams()))
        {
            var batch = bed.Batch(urls, decide: rows => rows[Done + Dead + Waiting].Reject(Reason.SchemeFile));
            UInt128[] keys = [.. batch.ActiveRows.ToArray().Select(row => row.Fate == Fate.Forward ? SeenKey.OfAdmitted(row.ContentId) : SeenKey.OfRefused(row.ContentId))];
            store.AddIfAbsent(keys, new bool[UrlBatch.MaxRows]);
            await bed.Ledger.AdmitAsync(batch);
            await bed.Ledger.FlushAsync();
            await bed.Ledger.RecordSeenCheckpointAsync(await store.CheckpointAsync(bed.Ledger.LastSequence));
        }

        await made.WorkAsync(await bed.Ledger.TakeFromBacklogAsync(Done + Dead, LedgerTestBed.Aging));
        await bed.Ledger.DisposeAsync();
        return made;
    }

    /// <summary>What a check finds, in order.</summary>
    public async Task<List<Finding>> CheckAsync(bool repairs = false, bool knowsRules = false)
    {
        var findings = new List<Finding>();
        var options = new FsckOptions { StateDirectory = State, Repairs = repairs, Rules = knowsRules ? new CanonicalizationRules() : null };
        await new StateCheck(options, new Seams(), new StepProgress(TimeProvider.System), findings.Add).RunAsync();
        return findings;
    }

    /// <summary>Repairs, and sees that nothing is wrong any more and the books balance.</summary>
    public async Task RepairAsync()
    {
        var repaired = await CheckAsync(repairs: true);
        Assert.Contains(repaired, finding => finding.State == FindingState.Repaired);
        Assert.DoesNotContain(repaired, finding => finding.State == FindingState.Damaged);
        Assert.DoesNotContain(await CheckAsync(), finding => finding.State != FindingState.Note);
        await using var ledger = SqliteLedger.Open(State, new Seams());
        var (books, audit) = (ledger.Books, await ledger.AuditAsync());
        Assert.True(books.Balance);
        Assert.Equal(new BooksAudit(books.AdmittedBefore, books.Queued, books.Leased, books.Done, books.Dead.Values.Sum()) { Refetching = books.Refetches.Waiting }, audit);
    }

    /// <summary>The URLs that a run would go on with.</summary>
    public async Task<List<string>> WaitingAsync()
    {
        await using var ledger = SqliteLedger.Open(State, new Seams());
        return [.. (await ledger.TakeUnfinishedAsync(100)).Concat(await ledger.TakeFromBacklogAsync(100, LedgerTestBed.Aging)).Select(item => item.Url).Order(StringComparer.Ordinal)];
    }

    public void Sabotage(string sql)
    {
        using var ledger = SqlConnection.Open(LedgerFile);
        ledger.Execute(sql);
    }

    public async ValueTask DisposeAsync() => await _bed.DisposeAsync();

    /// <summary>Makes aliases of the two URLs that wait: one of the other, and that one of the first document.</summary>
    public async Task AddAliasesAsync()
    {
        await using var ledger = SqliteLedger.Open(State, new Seams());
        var items = await ledger.TakeFromBacklogAsync(Waiting, LedgerTestBed.Aging);
        await ledger.ClaimAsync(items);
        await ledger.AliasAsync(items[0], new AliasTarget(items[1].ContentId, items[1].Url), 1, admits: null);
        await ledger.AliasAsync(items[1], new AliasTarget(ContentId.Of("http://a.test/1"u8), "http://a.test/1"), 1, admits: null);
    }

    /// <summary>The two URLs that wait are in work when the process dies.</summary>
    public async Task LeaseWaitingAsync()
    {
        await using var ledger = SqliteLedger.Open(State, new Seams());
        await ledger.ClaimAsync(await ledger.TakeFromBacklogAsync(Waiting, LedgerTestBed.Aging));
    }

    /// <summary>Four of the documents are asked for again: the first is what it was, the second has changed, and the process dies over the third and the fourth.</summary>
    public async Task AskAgainAsync()
    {
        await using var ledger = SqliteLedger.Open(State, new Seams());
        var items = await ledger.TakeAgainAsync(4, DateTimeOffset.UtcNow);
        await ledger.ClaimAsync([.. items.Take(3)]);
        await ledger.ConfirmAsync(items[0], new Confirmation(DateTimeOffset.UtcNow, ByStatus: true, null, null));
        await using var persist = new PersistStage(new PersistOptions(), Path.Combine(State, "bodies"), ledger, new Seams());
        items[1].Document = Fetched(items[1], body: 200);
        await persist.ProcessAsync(items[1], default);
    }

    private async Task WorkAsync(IReadOnlyList<WorkItem> items)
    {
        await _bed.Ledger.ClaimAsync(items);
        var persist = new PersistStage(new PersistOptions(), Path.Combine(State, "bodies"), _bed.Ledger, new Seams());
        foreach (var item in items.Take(Done))
        {
            item.Document = Fetched(item);
            await persist.ProcessAsync(item, default);
        }

        await persist.DisposeAsync();
        foreach (var item in items.Skip(Done))
            await _bed.Ledger.DeadLetterAsync(item, Reason.Http(404), "gone");
    }

    private static FetchedDocument Fetched(WorkItem item, byte? body = null)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1_000);
        buffer.AsSpan(0, 1_000).Fill(body ?? (byte)item.Sequence);
        var document = new FetchedDocument { FinalUrl = item.Url, Status = 200, FetchedAt = DateTimeOffset.UnixEpoch, Exchange = new HttpExchange { Response = "200 OK\r\n"u8.ToArray() }.ToBytes() };
        document.TakeBody(buffer, 1_000);
        return document;
    }
}
