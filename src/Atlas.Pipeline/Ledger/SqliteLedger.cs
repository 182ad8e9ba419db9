using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Ledger;

/// <summary>The ledger on SQLite. Puts together the writer's thread, its statements, the readers and the directory's lock.</summary>
internal sealed class SqliteLedger : ILedger
{
    private readonly StateDirectory _directory;
    private readonly SqlConnection _connection;
    private readonly LedgerReader _reader;
    private readonly WalKeeper _wal;
    private readonly LedgerWriter _writer;
    private readonly BooksCounter _books;
    private readonly BacklogWriter _backlog;
    private readonly WorkWriter _work;
    private readonly AliasWriter _aliases;
    private readonly RefetchWriter _refetches;
    private readonly HostRows _hostRows;
    private readonly IReadOnlyList<HostRecord> _hosts;
    private readonly FoundWriter _found;
    private readonly LetterWriter _letters;
    private readonly ReplayWriter _replays;
    private readonly LetterImport _import;
    private readonly IReadOnlySet<string> _heldHosts;
    private readonly SqlStatement _recordCheckpoint;
    private SeenCheckpoint? _checkpoint;
    private TailBox _tail;

    /// <summary>The tail as last written, committed or not; the writer's thread alone.</summary>
    private SegmentTail _written;
    private long _foundEnd;
    private int _isDisposed;

    /// <summary>Takes charge of the directory: it is closed when the ledger does not open.</summary>
    private SqliteLedger(StateDirectory directory, Seams seams, BatchSize size, long? cacheBytes)
    {
        _directory = directory;
        try
        {
            UnfinishedMigration.ThrowIfBeingTakenBack(directory.Path);
            if (directory.Orphans() is { } orphans)
                throw new StateDamagedException($"{directory.LedgerFile} is gone or empty, but {orphans} is there: beginning anew would fetch everything again. Put the ledger back; or move the whole of {directory.Path} away to begin with nothing.");
            _connection = LedgerSchema.OpenForWriting(directory.LedgerFile);
            UnfinishedMigration.ThrowIfIn(_connection, directory.Path);
            var mark = LedgerMark.Of(_connection);
            directory.ThrowIfNot(mark);
            Id = mark.LedgerId;
            if (cacheBytes is { } cache)
                _connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size=-{cache / 1024}"));
            var epoch = ReturnLeases(_connection);
            _books = new BooksCounter(_connection);
            NoteRun(_connection, epoch, _books.LastSequence + 1, seams.Time);
            var sources = new Sources(_connection);
            _backlog = new BacklogWriter(_connection, _books, sources);
            _hostRows = new HostRows(_connection, seams.Time);
            _hosts = _hostRows.Load();
            _found = new FoundWriter(_connection);
            _foundEnd = _found.End;
            _refetches = new RefetchWriter(_connection, _books, sources, seams.Time);
            _work = new WorkWriter(_connection, _books, _found, _refetches, seams.Time, epoch);
            _recordCheckpoint = _connection.Prepare("INSERT OR REPLACE INTO seen_checkpoint VALUES(1, ?1, ?2, ?3)");
            (_checkpoint, _tail) = (LoadCheckpoint(_connection), LoadTail(_connection));
            _written = _tail.Tail;
            _heldHosts = LetterWriter.HeldHosts(_connection);
            _letters = new LetterWriter(_connection, _books, seams.Time);
            _replays = new ReplayWriter(_connection, _books, _letters, seams.Time);
            _import = new LetterImport(_connection, _books, sources);
            var admission = new AdmissionWriter(_connection, _books, sources, _replays, seams.Time);
            _aliases = new AliasWriter(_connection, _books, admission, _refetches, seams.Time, epoch);
            _reader = new LedgerReader(directory.LedgerFile, sources);
            _wal = new WalKeeper(SqlConnection.Open(directory.LedgerFile), seams.Logs.CreateLogger<WalKeeper>());
            _writer = new LedgerWriter(_connection, admission, _books, sources, _wal, size, seams.Time)
            {
                BeforeCommit = directory.ThrowIfTaken,
                AfterCommit = () => directory.WriteMark(new LedgerMark(Id, _books.Progress)),
            };
            directory.WriteMark(mark);
            _writer.Start();
        }
        catch
        {
            CloseFiles();
            throw;
        }
    }

    public string Id { get; }

    public Task Failure => _writer.Failure;

    public Books Books => _books.Committed.Books;

    public long Backlog => _books.Committed.Backlog;

    public long LastSequence => _books.Committed.Sequence;

    public SeenCheckpoint? LastSeenCheckpoint => Volatile.Read(ref _checkpoint);

    public SegmentTail BodiesTail => Volatile.Read(ref _tail).Tail;

    public event Action? Admitted
    {
        add => _writer.Admitted += value;
        remove => _writer.Admitted -= value;
    }

    public long FoundEnd => Volatile.Read(ref _foundEnd);

    public event Action? Found;

    /// <summary>Opens the ledger of a state directory, or makes a new one; leases of a process that died are queued again.</summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="seams">Disk, time and log.</param>
    /// <param name="size">Finds how many rows a commit takes; by default one of the ledger's own, within the default limits.</param>
    /// <param name="cacheBytes">The writer's page cache; 32 MiB by default.</param>
    /// <exception cref="StateInUseException">Another process works there.</exception>
    /// <exception cref="StateDamagedException">What lies there is no ledger of this version.</exception>
    /// <exception cref="IOException">The machine refuses: the disk is full or fails, or something there is not a file.</exception>
    /// <exception cref="UnauthorizedAccessException">We may not write there.</exception>
    public static SqliteLedger Open(string directory, Seams seams, BatchSize? size = null, long? cacheBytes = null)
    {
        var state = StateDirectory.Open(directory, seams.Disk);
        try
        {
            return new SqliteLedger(state, seams, size ?? new BatchSize(new AdmissionOptions()), cacheBytes);
        }
        catch (LedgerException failure)
        {
            if (failure.IsOfTheMachine)
                throw new IOException($"The ledger {state.LedgerFile} cannot be used: {failure.Message}", failure);
            throw new StateDamagedException($"The ledger {state.LedgerFile} cannot be read: {failure.Message}", failure);
        }
    }

    public ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default) => _writer.SendAsync(batch, abort);

    public Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging) => Send(most, () => _backlog.Take(most, aging), mayBeLost: true);

    public Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most) => Send(most, () => _backlog.Unfinished(most), mayBeLost: true);

    public IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows) => _reader.FindTaken(rows);

    public Task ClaimAsync(IReadOnlyList<WorkItem> items) => Send(items.Count, () => _work.Claim(items), attempts =>
    {
        for (var i = 0; i < attempts.Length; i++)
            items[i].Attempt = attempts[i];
    },
    mayBeLost: true);

    public async Task<bool> CompleteAsync(CompletedDocument done)
    {
        var end = new SegmentTail(done.Place.Segment, done.Place.Offset + done.Place.Length);
        return await Send(1, () => CompleteGroup([done], Later(_written, end)), SetTail) is { Completed: { Recorded: 1 } or { Replaced: 1 } };
    }

    public Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null) => _writer.SendAheadAsync(new LedgerCommand<TailBox>(group.Count, () => CompleteGroup(group, tail), box =>
    {
        SetTail(box);
        committed?.Invoke();
    }));

    public Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt) =>
        Send(1, () => _work.Retry(item, reason, detail, dueAt, countsAsAttempt), counts =>
        {
            (item.Attempt, item.Deferrals) = counts;
            (item.Lost, item.DueAt) = (0, dueAt);
            item.Requests += item.SentAt != 0 ? 1 : 0;
        });

    public Task ReleaseAsync(WorkItem item) => Send(1, () => _work.Release(item), attempt => item.Attempt = attempt);

    public Task DeadLetterAsync(WorkItem item, Reason reason, string detail) => Send(1, () => _work.DeadLetter(item, reason, detail));

    public async Task<WorkItem> AskAgainAsync(WorkItem item, string url, string hostKey)
    {
        var again = item.AskedAt(url, hostKey);
        again.Attempt = (int)await Send(1, () => _aliases.AskAgain(item, url), mayBeLost: true);
        return again;
    }

    public Task<bool> AliasAsync(WorkItem item, AliasTarget target, int redirects, UrlBatch? admits) =>
        Send(1 + (admits?.Count ?? 0), () => _aliases.Record(item, target, redirects, admits));

    public Task<IReadOnlyList<WorkItem>> TakeAgainAsync(int most, DateTimeOffset checkedUntil) => Send(most, () => _refetches.Take(most, checkedUntil), mayBeLost: true);

    public DateTimeOffset? OldestCheck() => _reader.OldestCheck();

    public Task ConfirmAsync(WorkItem item, Confirmation confirmed) => Send(1, () => _work.Confirm(item, confirmed), mayBeLost: true);

    public int RedirectsTo(long sequence) => _reader.RedirectsTo(sequence);

    public IReadOnlyList<HostRecord> Hosts() => _hosts;

    public Task SaveHostsAsync(IReadOnlyList<HostRecord> hosts) => Send(hosts.Count, () => _hostRows.Save(hosts), mayBeLost: true);

    public IReadOnlySet<string> HeldHosts() => _heldHosts;

    public void ThrowIfTaken() => _directory.ThrowIfTaken();

    public Task FlushAsync() => Send(0, () =>
    {
        _books.DuplicateBooks.SaveHosts();
        return true;
    });

    public WorstHosts WorstHosts(int most) => _books.DuplicateBooks.WorstHosts(most);

    public Task<BooksAudit> AuditAsync() => Task.Run(_reader.Audit);

    public FoundChunk? ReadFound(long from) => _reader.ReadFound(from);

    public Task ForgetFoundAsync(long before) => Send(1, () =>
    {
        _found.Forget(before);
        return true;
    });

    public long ResumeOffset(string source, string file) => _reader.ResumeOffset(source, file);

    public void Follow(SourceProgress progress) => _writer.Follow(progress);

    public void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit) => _reader.ScanSeenKeys(aboveSequence, visit);

    // Nothing that is queued has a part in it.
    public Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint) => _writer.SendAheadAsync(new LedgerCommand<SeenCheckpoint>(
        1,
        () =>
        {
            _recordCheckpoint.Bind(1, checkpoint.Token).Bind(2, checkpoint.HighWater).Bind(3, checkpoint.Manifest).Run();
            return checkpoint;
        },
        recorded => Volatile.Write(ref _checkpoint, recorded)));

    public IReadOnlyList<ReplayedLine> ReadReplayed(long replay, long after, int most) => _reader.ReadReplayed(replay, after, most);

    public Task<int> ReviveAsync(long replay, int most) => Send(most, () => _replays.Revive(replay, most));

    /// <summary>Writes down which letters are to be replayed, before anything of it is done; those that are none any more are left out.</summary>
    /// <param name="filter">By what they were chosen, in its one canonical form: what this filter has had is marked with it.</param>
    /// <param name="who">Who asks for it.</param>
    /// <param name="letters">The letters' numbers.</param>
    public Task<Replay> BeginReplayAsync(string filter, string who, IReadOnlyList<long> letters) => Send(letters.Count, () => _replays.Begin(filter, who, letters));

    /// <summary>Ends a replay, and gives what has become of it. What its pipeline sent elsewhere than to the ledger stays a letter.</summary>
    public Task<Replay> EndReplayAsync(Replay replay) => Send(1, () => _replays.End(replay));

    /// <summary>Deletes letters for good. A URL that was given up stays known, and is counted as purged. Gives how many of them were letters.</summary>
    public Task<int> PurgeAsync(IReadOnlyList<long> letters) => Send(letters.Count, () => _letters.Purge(letters));

    /// <summary>Takes in dead letters of another ledger, each as a line that was received and refused.</summary>
    public Task<int> ImportLettersAsync(IReadOnlyList<ImportedLetter> letters) => Send(letters.Count, () => _import.Write(letters));

    /// <summary>Writes down what was done to many letters at once.</summary>
    public Task RecordActAsync(string who, string act, string filter, long count, string detail) => Send(1, () =>
    {
        _letters.Act(who, act, filter, count, detail);
        return true;
    });

    /// <summary>Writes what people want to remember of a letter over what they wrote before; false when there is no such letter.</summary>
    public Task<bool> NoteLetterAsync(long letter, string notes) => Send(1, () => _letters.Note(letter, notes));

    /// <summary>Holds a host or a reason back: nothing of it is fetched or replayed until it is released.</summary>
    /// <param name="kind">host or reason.</param>
    /// <param name="value">A host as in a canonical URL, or a reason's name.</param>
    /// <param name="who">Who asks for it.</param>
    /// <param name="note">Why.</param>
    public Task HoldAsync(string kind, string value, string who, string note) => Send(1, () =>
    {
        _letters.Hold(kind, value, who, note);
        return true;
    });

    /// <summary>Ends what <see cref="HoldAsync"/> began; false when nothing was held.</summary>
    public Task<bool> ReleaseHoldAsync(string kind, string value, string who) => Send(1, () => _letters.Release(kind, value, who));

    /// <summary>Writes the rules for keys of this run where <c>atlas check</c> looks for them.</summary>
    public Task RememberKeyRulesAsync(string rules) => Send(1, () =>
    {
        _connection.Prepare("INSERT INTO meta(name, value) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value").Bind(1, LedgerSchema.KeyRules).Bind(2, rules).Run();
        return true;
    });

    public BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256) => _reader.FindBodies(sha256);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _writer.DisposeAsync();
        CloseFiles();
    }

    /// <summary>Closes what was opened, the writer's connection as the last one of the database: it removes the WAL.</summary>
    private void CloseFiles()
    {
        _wal?.Dispose();
        _reader?.Dispose();
        _connection?.Dispose();
        _directory.Dispose();
    }

    private Task<T> Send<T>(int weight, Func<T> apply, Action<T>? committed = null, bool mayBeLost = false) =>
        _writer.SendAsync(new LedgerCommand<T>(weight, apply, committed) { MayBeLost = mayBeLost });

    private TailBox CompleteGroup(IReadOnlyList<CompletedDocument> group, SegmentTail tail)
    {
        var completed = _work.Complete(group, tail);
        _written = tail;
        return new TailBox(tail, completed, _found.End);
    }

    private void SetTail(TailBox tail)
    {
        if (tail.Completed.Replaced > 0)
            _reader.HasVersions = true;
        Volatile.Write(ref _tail, tail);
        if (tail.FoundEnd == _foundEnd)
            return;
        Volatile.Write(ref _foundEnd, tail.FoundEnd);
        Found?.Invoke();
    }

    private static SegmentTail Later(SegmentTail one, SegmentTail other) =>
        (one.Segment, one.End).CompareTo((other.Segment, other.End)) >= 0 ? one : other;

    /// <summary>Leases whose process is gone: nobody knows how their attempts ended, so these are counted apart. Before anything else is loaded, so that the counters say what the rows say.</summary>
    private static long ReturnLeases(SqlConnection connection)
    {
        connection.Execute("""
            BEGIN IMMEDIATE;
            UPDATE work SET state = 'queued', attempt = attempt - 1, lost = lost + 1 WHERE state = 'leased';
            UPDATE counters SET value = value + coalesce((SELECT value FROM counters WHERE name = 'leased'), 0) WHERE name = 'queued';
            UPDATE counters SET value = 0 WHERE name = 'leased';
            UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'epoch';
            COMMIT
            """);
        return connection.Scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'epoch'");
    }

    /// <summary>Which program received the rows from here on.</summary>
    private static void NoteRun(SqlConnection connection, long epoch, long firstSequence, TimeProvider time) =>
        connection.Prepare("INSERT INTO runs(epoch, begun_at, first_seq, version) VALUES(?1, ?2, ?3, ?4)")
            .Bind(1, epoch).Bind(2, time.GetUtcNow().ToUnixTimeMilliseconds()).Bind(3, firstSequence).Bind(4, typeof(SqliteLedger).Assembly.GetName().Version?.ToString(3) ?? "").Run();

    private static SeenCheckpoint? LoadCheckpoint(SqlConnection connection)
    {
        var load = connection.Prepare("SELECT token, high_water, manifest FROM seen_checkpoint");
        var found = load.Step() ? new SeenCheckpoint(load.Text(0), load.Int64(1), load.Text(2)) : null;
        load.Reset();
        return found;
    }

    private static TailBox LoadTail(SqlConnection connection)
    {
        var load = connection.Prepare("SELECT segment, end_offset FROM bodies_tail");
        var found = load.Step() ? new SegmentTail((int)load.Int64(0), load.Int64(1)) : default;
        load.Reset();
        return new TailBox(found, default, 0);
    }

    /// <summary>A tail that is replaced as a whole, what its commit recorded, and where their links end.</summary>
    private sealed record TailBox(SegmentTail Tail, Completed Completed, long FoundEnd);
}
