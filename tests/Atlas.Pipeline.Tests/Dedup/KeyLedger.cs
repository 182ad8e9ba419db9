using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>A ledger that holds keys in order and the last checkpoint, and nothing else.</summary>
internal sealed class KeyLedger : ILedger
{
    public List<UInt128> Keys { get; } = [];

    public SeenCheckpoint? LastSeenCheckpoint { get; set; }

    public long LastSequence => Keys.Count;

    /// <summary>How many were recorded.</summary>
    public int Checkpoints { get; private set; }

    /// <summary>What reading its rows fails with, if it does.</summary>
    public Exception? ScanFailure { get; set; }

    public Task Failure { get; } = new TaskCompletionSource().Task;

    public long Backlog => 0;

    public Books Books { get; } = new();

    public SegmentTail BodiesTail => default;

    public event Action? Admitted
    {
        add { }
        remove { }
    }

    public void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit)
    {
        if (ScanFailure is { } failure)
            throw failure;
        foreach (var chunk in Keys.Skip((int)aboveSequence).Chunk(1000))
        {
            visit(chunk, aboveSequence);
            aboveSequence += chunk.Length;
        }

    }

    public Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint)
    {
        LastSeenCheckpoint = checkpoint;
        Checkpoints++;
        return Task.CompletedTask;
    }

    public Task FlushAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Follow(SourceProgress progress)
    {
    }

    public long ResumeOffset(string source, string file) => 0;

    public ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging) => throw new NotSupportedException();

    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows) => throw new NotSupportedException();

    public Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most) => throw new NotSupportedException();

    public Task ClaimAsync(IReadOnlyList<WorkItem> items) => throw new NotSupportedException();

    public Task<bool> CompleteAsync(CompletedDocument done) => throw new NotSupportedException();

    public Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null) => throw new NotSupportedException();

    public Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt) => throw new NotSupportedException();

    public Task ReleaseAsync(WorkItem item) => throw new NotSupportedException();

    public Task DeadLetterAsync(WorkItem item, Reason reason, string detail) => throw new NotSupportedException();

    public Task<BooksAudit> AuditAsync() => throw new NotSupportedException();

    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256) => throw new NotSupportedException();
}
