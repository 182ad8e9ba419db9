using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Atlas.Pipeline.Ledger;

/// <summary>The one thread that writes. Takes what is queued into one transaction until there are enough rows, a few milliseconds are over or nothing is left, commits, then answers.</summary>
/// <remarks>
/// A group that begins with a command whose loss to a power failure does no harm takes only such commands, and is not synced. What follows is: it lies behind in the same WAL, of which a power failure leaves a beginning.
/// Commands that overtake (<see cref="SendAheadAsync"/>) go into the next synced group before anything that is queued.
/// Lines that are only counted don't make a commit worth its price: while a group has no row and no command, it waits for more until its time is over.
/// </remarks>
internal sealed class LedgerWriter : IAsyncDisposable
{
    private const int QueueCapacity = 64;

    /// <summary>Batches that one group may hold until its commit, however few of their lines are written.</summary>
    private const int MostBatches = 64;
    /// <summary>A group with fewer written rows leaves its transaction time for what can wait.</summary>
    private const int IdleRows = 64;

    private static readonly TimeSpan LongestGroup = TimeSpan.FromMilliseconds(5);

    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(QueueCapacity) { SingleReader = true });
    /// <summary>Commands that overtake what is queued. Filled before the writer is woken.</summary>
    private readonly ConcurrentQueue<LedgerCommand> _ahead = new();

    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<UrlBatch> _batches = [];
    private readonly List<LedgerCommand> _commands = [];
    private readonly SqlConnection _connection;
    private readonly AdmissionWriter _admission;
    private readonly BooksCounter _books;
    private readonly Sources _sources;
    private readonly WalKeeper _wal;
    private readonly BatchSize _size;
    private readonly TimeProvider _time;
    private readonly LedgerInstruments _instruments;
    private SourceProgress[] _followed = [];

    /// <summary>Whether commits are synced, as the connection is set.</summary>
    private bool _syncs = true;

    /// <summary>A wait for input that outlived the group it was begun for.</summary>
    private Task<bool>? _waiting;

    public LedgerWriter(SqlConnection connection, AdmissionWriter admission, BooksCounter books, Sources sources, WalKeeper wal, BatchSize size, TimeProvider time)
    {
        _connection = connection;
        _admission = admission;
        _books = books;
        _sources = sources;
        _wal = wal;
        _size = size;
        _time = time;
        _instruments = new LedgerInstruments(time);
    }

    /// <summary>Throws when nothing may be committed any more: the state directory is no longer ours. On the writer's thread.</summary>
    public Action? BeforeCommit { get; init; }

    /// <summary>Notes a commit outside of the database. On the writer's thread.</summary>
    public Action? AfterCommit { get; init; }

    public Task Failure => _failure.Task;

    /// <summary>After a commit that admitted rows; on the writer's thread.</summary>
    public event Action? Admitted;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "ledger writer" }.Start();

    /// <summary>Any thread; positions settled by now are part of the next commit.</summary>
    public void Follow(SourceProgress progress)
    {
        lock (_queue)
            Volatile.Write(ref _followed, [.. _followed, progress]);
    }

    public ValueTask SendAsync(UrlBatch batch, CancellationToken abort) => EnqueueAsync(new Entry(batch, null), abort);

    public async Task<T> SendAsync<T>(LedgerCommand<T> command)
    {
        await EnqueueAsync(new Entry(null, command), CancellationToken.None);
        return await command.Task;
    }

    /// <summary>The same for a command that need not come after what was handed in before: with all sources at work the queue is some 20 ms long.</summary>
    public Task<T> SendAheadAsync<T>(LedgerCommand<T> command)
    {
        _ahead.Enqueue(command);

        // Wakes a writer that has nothing to do. Where there is no room for this, it has.
        _queue.Writer.TryWrite(default);
        if (_ended.Task.IsCompleted)
            FailAhead();
        return command.Task;
    }

    /// <summary>Commits what was handed in before, and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ended.Task;
        _instruments.Dispose();
    }

    private async ValueTask EnqueueAsync(Entry entry, CancellationToken abort)
    {
        try
        {
            await _queue.Writer.WriteAsync(entry, abort);
        }
        catch (ChannelClosedException closed)
        {
            if (closed.InnerException is { } failure)
                throw new LedgerException("The ledger has failed; nothing more is written in this run.", failure);
            throw new ObjectDisposedException("The ledger is closed.", closed);
        }
    }

    private void Run()
    {
        try
        {
            while (!_ahead.IsEmpty || WaitForInput(Timeout.InfiniteTimeSpan))
            {
                if (HasNext())
                    CommitGroup();
            }

            // Positions whose last side copy was settled after its batch's commit, and what is gathered for a while.
            CommitGroup(isLast: true);
        }
        catch (Exception failure)
        {
            // Whatever it was, nobody knows what is durable: everything that waits is told, and the batches of the group keep their buffers.
            _queue.Writer.TryComplete(failure);
            FailAll(failure);
            _failure.TrySetException(failure);
        }
        finally
        {
            _ended.TrySetResult();
            FailAhead();
        }
    }

    private void CommitGroup(bool isLast = false)
    {
        SetSync(!NextMayBeLost());
        _connection.Execute("BEGIN IMMEDIATE");
        var started = _time.GetTimestamp();
        int rows = 0, admitted = 0, most = _size.Rows;
        while (rows < most && _batches.Count < MostBatches && TryTake(isUrgent: rows > 0 || _commands.Count > 0, started, out var entry))
        {
            if (entry.Batch is { } batch)
            {
                var written = _admission.Write(batch);
                rows += written.Written;
                admitted += written.Admitted;
                batch.IsInTransaction();
                if (written.Written > 0)
                    _batches.Add(batch);
                else
                    batch.Release();
            }
            else if (entry.Command is { } command)
            {
                _commands.Add(command);
                rows += command.Weight;
                Apply(command);
            }

            if (_time.GetElapsedTime(started) >= LongestGroup)
                break;
        }

        _admission.SaveRepeats(all: isLast, isIdle: rows < IdleRows);
        _sources.SaveAdvances(Volatile.Read(ref _followed));
        _books.Save();
        BeforeCommit?.Invoke();
        var ending = _time.GetTimestamp();
        _connection.Execute("COMMIT");
        AfterCommit?.Invoke();
        if (rows > 0 && _syncs)
            _size.Observe(rows, _time.GetElapsedTime(started), _queue.Reader.Count / (double)QueueCapacity);
        _books.Publish();
        _instruments.Committed(ending, _batches);
        Answer(admitted);
        _wal.Committed(_connection, rows);
    }

    private bool NextMayBeLost() => _ahead.IsEmpty && TryPeek(out var next) && next.Command is { MayBeLost: true };

    private bool HasNext() => !_ahead.IsEmpty || TryPeek(out _);

    /// <summary>What is queued next; wake-ups are let go of.</summary>
    private bool TryPeek(out Entry next)
    {
        while (_queue.Reader.TryPeek(out next) && next.IsWakeUp)
            _queue.Reader.TryRead(out _);
        return next is not { IsWakeUp: true };
    }

    /// <summary>Between two transactions.</summary>
    private void SetSync(bool syncs)
    {
        if (_syncs == syncs)
            return;

        // NORMAL still syncs the WAL before it is copied into the database, and the database before the WAL begins anew.
        _connection.Execute(syncs ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        _syncs = syncs;
    }

    /// <summary>The next entry of the group. When there is none, an urgent group is over at once, another one when its time is.</summary>
    private bool TryTake(bool isUrgent, long started, out Entry entry)
    {
        while (true)
        {
            // They are answered as durable: a group that is not synced ends before them.
            if (_syncs && _ahead.TryDequeue(out var ahead))
            {
                entry = new Entry(null, ahead);
                return true;
            }

            if (TryPeek(out entry))
                return (_syncs || entry.Command is { MayBeLost: true }) && _queue.Reader.TryRead(out entry);
            var left = LongestGroup - _time.GetElapsedTime(started);
            if (isUrgent || left <= TimeSpan.Zero || !WaitForInput(left))
                return false;
        }
    }

    /// <summary>False when the time was over first, or nothing will come any more.</summary>
    private bool WaitForInput(TimeSpan most)
    {
        var waiting = _waiting ?? _queue.Reader.WaitToReadAsync().AsTask();
        _waiting = waiting.Wait(most) ? null : waiting;
        return _waiting is null && waiting.Result;
    }

    /// <summary>A command that is refused takes back what it did; the group goes on.</summary>
    private void Apply(LedgerCommand command)
    {
        _connection.Execute("SAVEPOINT command");
        var (lastSequence, sources) = (_books.LastSequence, _sources.Count);
        try
        {
            command.Apply();
        }
        catch (InvalidOperationException refused)
        {
            _connection.Execute("ROLLBACK TO command");
            _books.TakeBack(lastSequence);
            _sources.TakeBack(sources);
            command.Refused = refused;
        }

        _connection.Execute("RELEASE command");
    }

    private void Answer(int admitted)
    {
        foreach (var batch in _batches)
            batch.Release();
        foreach (var command in _commands)
            command.Complete();
        _batches.Clear();
        _commands.Clear();
        if (admitted > 0)
            Admitted?.Invoke();
    }

    private void FailAll(Exception failure)
    {
        var told = new LedgerException("The ledger has failed; this was not made durable.", failure);
        foreach (var command in _commands)
            command.Fail(told);
        while (_queue.Reader.TryRead(out var entry))
            entry.Command?.Fail(told);
    }

    /// <summary>What came too late for the last group.</summary>
    private void FailAhead()
    {
        while (_ahead.TryDequeue(out var command))
            command.Fail(new LedgerException("The ledger is closed or has failed; this was not made durable.", _failure.Task.Exception?.InnerException));
    }

    /// <summary>What is queued; neither of both is a wake-up.</summary>
    private readonly record struct Entry(UrlBatch? Batch, LedgerCommand? Command)
    {
        public bool IsWakeUp => Batch is null && Command is null;
    }
}
