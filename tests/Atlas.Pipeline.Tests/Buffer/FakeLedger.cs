using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>A ledger in lists: the part of it that the frontier uses.</summary>
internal sealed class FakeLedger : ILedger
{
    /// <summary>Hosts that an operator holds back.</summary>
    public HashSet<string> Held { get; } = [];

    public IReadOnlySet<string> HeldHosts() => Held;

    private readonly Lock _gate = new();
    private readonly Queue<WorkItem> _backlog = new();
    private readonly Dictionary<long, WorkItem> _taken = [];
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public event Action? Admitted;

    public List<WorkItem> Unfinished { get; } = [];

    /// <summary>Recorded documents that are not being asked for, by when they were checked.</summary>
    public SortedList<DateTimeOffset, WorkItem> Checked { get; } = [];

    /// <summary>What earlier runs have learned about hosts.</summary>
    public List<HostRecord> KnownHosts { get; } = [];

    public List<string> Events { get; } = [];

    /// <summary>Thrown by every later claim, if set.</summary>
    public Exception? ClaimError { get; set; }

    /// <summary>Most items ever asked for in one go.</summary>
    public int LargestTake { get; private set; }

    public Task Failure => _failure.Task;

    public long Backlog
    {
        get
        {
            lock (_gate)
                return _backlog.Count;
        }
    }

    public Books Books => throw new NotSupportedException();

    public long LastSequence => throw new NotSupportedException();

    public SeenCheckpoint? LastSeenCheckpoint => throw new NotSupportedException();

    public SegmentTail BodiesTail => throw new NotSupportedException();

    public void Admit(params WorkItem[] items)
    {
        lock (_gate)
        {
            foreach (var item in items)
                _backlog.Enqueue(item);
        }

        Admitted?.Invoke();
    }

    public void Break(Exception error) => _failure.SetException(error);

    public string[] EventsSoFar()
    {
        lock (_gate)
            return [.. Events];
    }

    public Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging)
    {
        lock (_gate)
        {
            LargestTake = Math.Max(LargestTake, most);
            var items = new List<WorkItem>();
            while (items.Count < most && _backlog.TryDequeue(out var item))
            {
                items.Add(item);
                _taken.Add(item.Sequence, item);
            }

            return Task.FromResult<IReadOnlyList<WorkItem>>(items);
        }
    }

    public Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most)
    {
        IReadOnlyList<WorkItem> items = [.. Unfinished.Take(most)];
        Unfinished.RemoveRange(0, items.Count);
        lock (_gate)
        {
            foreach (var item in items)
                _taken.Add(item.Sequence, item);
        }

        return Task.FromResult(items);
    }

    public IReadOnlyList<HostRecord> Hosts() => KnownHosts;

    public DateTimeOffset? OldestCheck()
    {
        lock (_gate)
            return Checked.Count > 0 ? Checked.Keys[0] : null;
    }

    public Task<IReadOnlyList<WorkItem>> TakeAgainAsync(int most, DateTimeOffset checkedUntil)
    {
        lock (_gate)
        {
            var items = new List<WorkItem>();
            while (items.Count < most && Checked.Count > 0 && Checked.Keys[0] <= checkedUntil)
            {
                items.Add(Checked.Values[0]);
                _taken.Add(items[^1].Sequence, items[^1]);
                Checked.RemoveAt(0);
            }

            return Task.FromResult<IReadOnlyList<WorkItem>>(items);
        }
    }

    public Task ConfirmAsync(WorkItem item, Confirmation confirmed)
    {
        Note($"confirm {item.Sequence}");
        lock (_gate)
        {
            _taken.Remove(item.Sequence);
            Checked.Add(confirmed.At, item);
        }

        return Task.CompletedTask;
    }

    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows)
    {
        lock (_gate)
            return [.. rows.Select(row => _taken[row.Sequence])];
    }

    public Task ClaimAsync(IReadOnlyList<WorkItem> items)
    {
        if (ClaimError is { } error)
            return Task.FromException(error);
        foreach (var item in items)
            Note($"claim {item.Sequence}");
        return Task.CompletedTask;
    }

    public Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt)
    {
        Note($"retry {item.Sequence} {reason} {countsAsAttempt}");
        return Task.CompletedTask;
    }

    public Task ReleaseAsync(WorkItem item)
    {
        Note($"release {item.Sequence}");
        return Task.CompletedTask;
    }

    public Task DeadLetterAsync(WorkItem item, Reason reason, string detail)
    {
        Note($"dead {item.Sequence} {reason}");
        return Task.CompletedTask;
    }

    public ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default) => throw new NotSupportedException();

    public Task<bool> CompleteAsync(CompletedDocument done) => throw new NotSupportedException();

    public Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null) => throw new NotSupportedException();

    public Task FlushAsync() => throw new NotSupportedException();

    public Task<BooksAudit> AuditAsync() => throw new NotSupportedException();

    public long ResumeOffset(string source, string file) => throw new NotSupportedException();

    public void Follow(SourceProgress progress) => throw new NotSupportedException();

    public void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit) => throw new NotSupportedException();

    public Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint) => throw new NotSupportedException();

    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Note(string what)
    {
        lock (_gate)
            Events.Add(what);
    }
}
