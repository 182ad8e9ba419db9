using System.Buffers.Binary;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Gathers bodies of many callers into groups and makes each group durable: write, sync, then the rows.</summary>
/// <remarks>
/// Two groups take turns. Callers fill one under the lock; one thread swaps it after the group time, or as soon as it is full, and writes the other.
/// The lock covers <c>_filling</c>, <c>_spare</c>, <c>_pending</c>, <c>_room</c>, <c>_failure</c>, <c>_closing</c>, <c>_groups</c> and reserving in the store.
/// A failure is final: after a failed sync nobody knows what is on the disk, so nothing is acknowledged any more.
/// </remarks>
internal sealed class BodyWriter : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SegmentStore _store;
    private readonly ILedger _ledger;
    private readonly TimeSpan _groupTime;
    private readonly ITimer _timer;
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<UInt128, CompletedDocument> _pending = [];
    private BodyGroup _filling;
    private BodyGroup _spare;
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private bool _closing;
    private long _groups;

    public BodyWriter(SegmentStore store, ILedger ledger, PersistOptions options, TimeProvider time)
    {
        _store = store;
        _ledger = ledger;
        _groupTime = options.GroupTime;
        _filling = new BodyGroup(options.GroupBytes);
        _spare = new BodyGroup(options.GroupBytes);
        _timer = time.CreateTimer(_ => _wake.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        new Thread(Work) { IsBackground = true, Name = "atlas-bodies" }.Start();
    }

    /// <summary>Completes when the body is durable and its document recorded. The document stays the caller's; its body may be let go before.</summary>
    /// <param name="item">The leased item.</param>
    /// <param name="document">Its body is stored unless the same content is already, or is about to be.</param>
    /// <param name="sha256">Of the body, 32 bytes.</param>
    /// <param name="abort">Ends waiting for room in a group; a body that has joined one is waited for.</param>
    /// <exception cref="IOException">Writing failed, now or earlier.</exception>
    /// <exception cref="LedgerException">The ledger could not be asked for a body like it.</exception>
    public async Task StoreAsync(WorkItem item, FetchedDocument document, byte[] sha256, CancellationToken abort)
    {
        while (true)
        {
            var groups = GroupsRecorded();
            BodyPlace? known = _ledger.TryFindBody(sha256, out var place) ? place : null;
            Task wait;
            bool joined;
            lock (_gate)
            {
                // A group recorded since the ledger was asked may have brought this very body: ask again.
                if (known is null && groups != _groups)
                    continue;
                joined = TryJoin_Locked(item, document, sha256, known);
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
    }

    private long GroupsRecorded()
    {
        lock (_gate)
            return _groups;
    }

    private bool TryJoin_Locked(WorkItem item, FetchedDocument document, byte[] sha256, BodyPlace? known)
    {
        if (_failure is { } failure)
            throw new IOException("Bodies can no longer be stored: " + failure.Message, failure);
        ObjectDisposedException.ThrowIf(_closing, this);

        var key = BinaryPrimitives.ReadUInt128BigEndian(sha256);
        var wasEmpty = _filling.IsEmpty;
        if (known is null && _pending.TryGetValue(key, out var twin) && twin.BodySha256.AsSpan().SequenceEqual(sha256))
            known = twin.Place;
        if (!_filling.HasRoomFor((known is null ? document.BodyLength : 0) + document.Exchange.Length))
        {
            _wake.Set();
            return false;
        }

        var completed = new CompletedDocument(item, document, sha256, known ?? _store.Reserve(document.BodyLength))
        {
            Exchange = document.Exchange.Length > 0 ? _store.Reserve(document.Exchange.Length) : default,
        };
        _filling.Add(completed, bodyIsStored: known is not null);
        if (known is null)
            _pending[key] = completed;

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
                Record(group);

            lock (_gate)
            {
                if (!_closing || !_filling.IsEmpty)
                    continue;
                break;
            }
        }

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
            group.Tail = _store.Tail;
            (_filling, _spare) = (_spare, group);
            room = _room;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        room.SetResult();
        return group;
    }

    private void Record(BodyGroup group)
    {
        var recorded = group.Recorded;
        try
        {
            if (_failure is { } earlier)
                throw new IOException("Bodies can no longer be stored: " + earlier.Message, earlier);
            _ledger.ThrowIfTaken();
            group.WriteTo(_store);
            _store.Sync();
            _ledger.CompleteAsync([.. group.Documents], group.Tail).GetAwaiter().GetResult();
        }
        catch (Exception error)
        {
            lock (_gate)
                _failure ??= error;
            group.Clear();
            // Whatever failed is ours and not the URL's, and an IOException is how the graph tells the two apart.
            recorded.SetException(error as IOException ?? new IOException("Bodies could not be recorded: " + error.Message, error));
            return;
        }

        lock (_gate)
        {
            foreach (var document in group.Documents)
                _pending.Remove(BinaryPrimitives.ReadUInt128BigEndian(document.BodySha256));
            _groups++;
        }

        group.Clear();
        recorded.SetResult();
    }
}
