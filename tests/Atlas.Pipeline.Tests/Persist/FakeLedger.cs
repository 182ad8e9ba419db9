using System.Collections.Concurrent;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Persist;

/// <summary>A ledger that knows only what persist asks of one.</summary>
internal sealed class FakeLedger(List<string> events) : ILedger
{
    private readonly ConcurrentDictionary<string, BodyPlace> _places = new();

    private int _commitsAsked;

    public ConcurrentBag<CompletedDocument> Completed { get; } = [];

    public Exception? CommitFailure { get; set; }

    /// <summary>What a commit waits for.</summary>
    public Task CommitGate { get; set; } = Task.CompletedTask;

    /// <summary>How many commits were asked for.</summary>
    public int CommitsAsked => Volatile.Read(ref _commitsAsked);

    public SegmentTail BodiesTail { get; private set; }

    public Task Failure => Task.CompletedTask;

    public long Backlog => 0;

    public Books Books => new();

    public long LastSequence => 0;

    public SeenCheckpoint? LastSeenCheckpoint => null;

    public event Action? Admitted
    {
        add { }
        remove { }
    }

    public async Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null)
    {
        Interlocked.Increment(ref _commitsAsked);
        await CommitGate;
        if (CommitFailure is { } failure)
            throw failure;
        events.Add("commit");
        foreach (var document in group)
        {
            Completed.Add(document);
            _places.TryAdd(Convert.ToHexString(document.BodySha256), document.Place);
        }

        BodiesTail = tail;
        committed?.Invoke();
    }

    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256) => [.. sha256.Select(hash => _places.TryGetValue(Convert.ToHexString(hash), out var place) ? place : (BodyPlace?)null)];

    public ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default) => throw Unasked();

    public Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging) => throw Unasked();

    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows) => throw Unasked();

    public Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most) => throw Unasked();

    public Task ClaimAsync(IReadOnlyList<WorkItem> items) => throw Unasked();

    public Task<bool> CompleteAsync(CompletedDocument done) => throw Unasked();

    public Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt) => throw Unasked();

    public Task ReleaseAsync(WorkItem item) => throw Unasked();

    public Task DeadLetterAsync(WorkItem item, Reason reason, string detail) => throw Unasked();

    public Task FlushAsync() => throw Unasked();

    public Task<BooksAudit> AuditAsync() => throw Unasked();

    public long ResumeOffset(string source, string file) => throw Unasked();

    public void Follow(SourceProgress progress) => throw Unasked();

    public void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit) => throw Unasked();

    public Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint) => throw Unasked();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static InvalidOperationException Unasked() => new("Persist has no business asking this.");
}
