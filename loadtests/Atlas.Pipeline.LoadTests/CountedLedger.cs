using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.LoadTests;

/// <summary>A ledger that counts the rows read for the buffer; one that was taken and is read again counts twice.</summary>
internal sealed class CountedLedger(ILedger ledger) : ILedger
{
    public event Action? Admitted
    {
        add => ledger.Admitted += value;
        remove => ledger.Admitted -= value;
    }

    public long RowsRead { get; private set; }

    public Task Failure => ledger.Failure;

    public long Backlog => ledger.Backlog;

    public Books Books => ledger.Books;

    public long LastSequence => ledger.LastSequence;

    public SeenCheckpoint? LastSeenCheckpoint => ledger.LastSeenCheckpoint;

    public SegmentTail BodiesTail => ledger.BodiesTail;

    public async Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging) => Counted(await ledger.TakeFromBacklogAsync(most, aging));

    public async Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most) => Counted(await ledger.TakeUnfinishedAsync(most));

    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows) => Counted(ledger.FindTaken(rows));

    public ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default) => ledger.AdmitAsync(batch, abort);

    public Task ClaimAsync(IReadOnlyList<WorkItem> items) => ledger.ClaimAsync(items);

    public Task ReleaseAsync(WorkItem item) => ledger.ReleaseAsync(item);

    public Task<bool> CompleteAsync(CompletedDocument done) => ledger.CompleteAsync(done);

    public Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null) => ledger.CompleteAsync(group, tail, committed);

    public Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt) => ledger.RetryAsync(item, reason, detail, dueAt, countsAsAttempt);

    public Task DeadLetterAsync(WorkItem item, Reason reason, string detail) => ledger.DeadLetterAsync(item, reason, detail);

    public IReadOnlyList<HostRecord> Hosts() => ledger.Hosts();

    public Task SaveHostsAsync(IReadOnlyList<HostRecord> hosts) => ledger.SaveHostsAsync(hosts);

    public Task FlushAsync() => ledger.FlushAsync();

    public Task<BooksAudit> AuditAsync() => ledger.AuditAsync();

    public long ResumeOffset(string source, string file) => ledger.ResumeOffset(source, file);

    public void Follow(SourceProgress progress) => ledger.Follow(progress);

    public void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit) => ledger.ScanSeenKeys(aboveSequence, visit);

    public Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint) => ledger.RecordSeenCheckpointAsync(checkpoint);

    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256) => ledger.FindBodies(sha256);

    public ValueTask DisposeAsync() => ledger.DisposeAsync();

    private IReadOnlyList<WorkItem> Counted(IReadOnlyList<WorkItem> rows)
    {
        RowsRead += rows.Count;
        return rows;
    }
}
