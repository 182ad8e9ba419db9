using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>The ledger of one process's life: counts what is under way, and answers nothing any more once the process is dead.</summary>
internal sealed class WatchedLedger(ILedger ledger, OneThread thread) : ILedger
{
    public event Action? Admitted;

    /// <summary>Called before an item is given up.</summary>
    public Action<WorkItem, Reason> GivingUp { get; init; } = static (_, _) => { };

    public bool IsDead { get; set; }

    public Task Failure => IsDead ? Never<bool>() : ledger.Failure;

    public long Backlog => IsDead ? 0 : ledger.Backlog;

    public Books Books => ledger.Books;

    public long LastSequence => ledger.LastSequence;

    public SeenCheckpoint? LastSeenCheckpoint => ledger.LastSeenCheckpoint;

    public SegmentTail BodiesTail => ledger.BodiesTail;

    /// <summary>Admits, and says so when it is durable.</summary>
    public async Task AdmitAndFlushAsync(UrlBatch batch)
    {
        await Counted(() => ledger.AdmitAsync(batch).AsTask());
        await Counted(ledger.FlushAsync);
        Admitted?.Invoke();
    }

    public Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging) => Counted(() => ledger.TakeFromBacklogAsync(most, aging));

    public Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most) => Counted(() => ledger.TakeUnfinishedAsync(most));

    public Task<IReadOnlyList<WorkItem>> TakeAgainAsync(int most, DateTimeOffset checkedUntil) => Counted(() => ledger.TakeAgainAsync(most, checkedUntil));

    public DateTimeOffset? OldestCheck() => IsDead ? null : ledger.OldestCheck();

    public Task ConfirmAsync(WorkItem item, Confirmation confirmed) => Counted(() => ledger.ConfirmAsync(item, confirmed));

    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows) => IsDead ? throw new ObjectDisposedException("process") : ledger.FindTaken(rows);

    public ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default) => throw new NotSupportedException();

    public Task ClaimAsync(IReadOnlyList<WorkItem> items) => Counted(() => ledger.ClaimAsync(items));

    public Task ReleaseAsync(WorkItem item) => Counted(() => ledger.ReleaseAsync(item));

    public Task<bool> CompleteAsync(CompletedDocument done) => Counted(() => ledger.CompleteAsync(done));

    public Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null) => Counted(() => ledger.CompleteAsync(group, tail, committed));

    public Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt) =>
        Counted(() => ledger.RetryAsync(item, reason, detail, dueAt, countsAsAttempt));

    public Task DeadLetterAsync(WorkItem item, Reason reason, string detail)
    {
        if (!IsDead)
            GivingUp(item, reason);
        return Counted(() => ledger.DeadLetterAsync(item, reason, detail));
    }

    public IReadOnlyList<HostRecord> Hosts() => ledger.Hosts();

    public Task SaveHostsAsync(IReadOnlyList<HostRecord> hosts) => Counted(() => ledger.SaveHostsAsync(hosts));

    public Task FlushAsync() => Counted(ledger.FlushAsync);

    public Task<BooksAudit> AuditAsync() => ledger.AuditAsync();

    public long ResumeOffset(string source, string file) => throw new NotSupportedException();

    public void Follow(SourceProgress progress) => throw new NotSupportedException();

    public void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit) => throw new NotSupportedException();

    public Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint) => throw new NotSupportedException();

    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();

    private async Task<T> Counted<T>(Func<Task<T>> call)
    {
        if (IsDead)
            return await Never<T>();
        thread.Outside++;
        try
        {
            return await call();
        }
        finally
        {
            thread.Outside--;
        }
    }

    private async Task Counted(Func<Task> call) => await Counted(async () =>
    {
        await call();
        return true;
    });

    private static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}
