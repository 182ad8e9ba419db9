using System.Buffers.Binary;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Gathers bodies of many callers into groups and makes each group durable: write, sync, then the rows.</summary>
/// <remarks>
/// Two groups take turns. Callers fill one under the lock; one thread swaps it after the group time, or as soon as it is full, writes and syncs the other, hands its rows to the ledger and goes on.
/// What waits is told by the ledger's own thread, right after the commit.
/// The lock covers <c>_filling</c>, <c>_spare</c>, <c>_pending</c>, <c>_room</c>, <c>_failure</c> and <c>_closing</c>; the store is the writing thread's alone.
/// A failure is final: after a failed sync nobody knows what is on the disk, so nothing is acknowledged any more.
/// </remarks>
internal sealed class BodyWriter : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SegmentStore _store;
    private readonly ILedger _ledger;
    private readonly TimeProvider _time;
    private readonly TimeSpan _groupTime;
    private readonly ITimer _timer;
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly InFlight _recordings = new();
    private readonly Dictionary<UInt128, WaitingBody> _pending = [];
    private BodyGroup _filling;
    private BodyGroup _spare;
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private bool _closing;

    public BodyWriter(SegmentStore store, ILedger ledger, PersistOptions options, TimeProvider time)
    {
        _store = store;
        _ledger = ledger;
        _time = time;
        _groupTime = options.GroupTime;
        _filling = new BodyGroup(options.GroupBytes);
        _spare = new BodyGroup(options.GroupBytes);
        _timer = time.CreateTimer(_ => _wake.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        new Thread(Work) { IsBackground = true, Name = "atlas-bodies" }.Start();
    }

    public DurableTimes Durable { get; } = new();

    /// <summary>Completes when the body is durable and its document recorded. The document stays the caller's; its body may be let go before.</summary>
    /// <param name="item">The leased item.</param>
    /// <param name="document">Its body is stored unless the same content is already, or is about to be.</param>
    /// <param name="sha256">Of the body, 32 bytes.</param>
    /// <param name="abort">Ends waiting for room in a group; a body that has joined one is waited for.</param>
    /// <exception cref="IOException">Writing failed, now or earlier.</exception>
    public async Task StoreAsync(WorkItem item, FetchedDocument document, byte[] sha256, CancellationToken abort)
    {
        while (true)
        {
            Task wait;
            bool joined;
            lock (_gate)
            {
                joined = TryJoin_Locked(item, document, sha256);
                wait = joined ? _filling.Recorded.Task : _room.Task;
            }

            if (joined)
            {
                await wait;
                return;
            }

            await wait.WaitAsync(abort);
        }
    }

    /// <summary>Writes what has joined, then ends. Callers still waiting get their answer.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _closing = true;
        _wake.Set();
        await _ended.Task;
        await _timer.DisposeAsync();
        Durable.Dispose();
    }

    private bool TryJoin_Locked(WorkItem item, FetchedDocument document, byte[] sha256)
    {
        ThrowIfFailed();
        ObjectDisposedException.ThrowIf(_closing, this);

        // What was recorded before this moment the ledger knows, and is asked when the group is written.
        var key = BinaryPrimitives.ReadUInt128BigEndian(sha256);
        var wasEmpty = _filling.IsEmpty;
        var body = new WaitingBody(item, document, sha256)
        {
            Twin = _pending.TryGetValue(key, out var twin) && twin.Sha256.AsSpan().SequenceEqual(sha256) ? twin : null,
        };
        if (!_filling.HasRoomFor(body))
        {
            _wake.Set();
            return false;
        }

        _filling.Add(body);
        if (body.Twin is null)
            _pending[key] = body;

        if (_filling.IsFull)
            _wake.Set();
        else if (wasEmpty)
            _timer.Change(_groupTime, Timeout.InfiniteTimeSpan);
        return true;
    }

    private void Work()
    {
        while (true)
        {
            _wake.WaitOne();
            while (Swap() is { } group)
                Write(group);

            lock (_gate)
            {
                if (!_closing || !_filling.IsEmpty)
                    continue;
                break;
            }
        }

        _recordings.WhenEmpty().Wait();
        _store.Dispose();
        _ended.SetResult();
    }

    /// <summary>The group to write now, or null if nothing is in it.</summary>
    private BodyGroup? Swap()
    {
        TaskCompletionSource room;
        BodyGroup group;
        lock (_gate)
        {
            if (_filling.IsEmpty)
                return null;
            group = _filling;
            (_filling, _spare) = (_spare, group);
            room = _room;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        room.SetResult();
        return group;
    }

    private void Write(BodyGroup group)
    {
        var recorded = group.Recorded;
        try
        {
            ThrowIfFailed();
            _ledger.ThrowIfTaken();
            var documents = group.WriteTo(_store, _ledger);
            _store.Sync();
            group.Clear();
            _recordings.Enter();
            _ = RecordAsync(documents, _store.Tail, recorded);
        }
        catch (Exception error)
        {
            group.Clear();
            Fail(recorded, error);
        }
    }

    private async Task RecordAsync(IReadOnlyList<CompletedDocument> documents, SegmentTail tail, TaskCompletionSource recorded)
    {
        try
        {
            await _ledger.CompleteAsync(documents, tail, () => Tell(documents, recorded));
        }
        catch (Exception error)
        {
            Fail(recorded, error);
        }
        finally
        {
            _recordings.Leave();
        }
    }

    /// <summary>On the ledger's thread.</summary>
    private void Tell(IReadOnlyList<CompletedDocument> documents, TaskCompletionSource recorded)
    {
        var now = _time.GetTimestamp();
        lock (_gate)
        {
            foreach (var document in documents)
                _pending.Remove(BinaryPrimitives.ReadUInt128BigEndian(document.BodySha256));
        }

        foreach (var document in documents)
            Durable.Note(_time.GetElapsedTime(document.Document.ReadAt, now));
        recorded.SetResult();
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            throw new IOException("Bodies can no longer be stored: " + failure.Message, failure);
    }

    private void Fail(TaskCompletionSource recorded, Exception error)
    {
        lock (_gate)
            _failure ??= error;

        // Whatever failed is ours and not the URL's, and an IOException is how the graph tells the two apart.
        recorded.SetException(error as IOException ?? new IOException("Bodies could not be recorded: " + error.Message, error));
    }
}
