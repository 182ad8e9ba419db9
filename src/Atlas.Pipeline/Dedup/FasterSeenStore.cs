using Atlas.Pipeline.Ledger;
using FASTER.core;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Dedup;

/// <summary>Every key in FASTER's hash index and log on disk, with a Bloom filter in front that keeps new keys off the disk.</summary>
/// <remarks>
/// The ledger is the truth and this is an index of it: any doubt about the files ends in a rebuild. The filter may know more keys than the log, never fewer.
/// Safe on any thread: one call at a time gets in.
/// The log is on the disk all the time, but for its last megabytes, and cut now and then between two batches. A checkpoint ends at such a cut, so that nobody who adds keys waits for the disk: FASTER's own checkpoints end where the log does.
/// What it is besides is the hash table and the filter, which are written, not every time, while keys come (what they miss stands in the log behind them), and FASTER's few lines about it, which are written here.
/// </remarks>
internal sealed partial class FasterSeenStore : ISeenStore
{
    private const long BytesPerBucket = 64;

    /// <summary>Bytes of a table that take as long to write and read (400 MB/s) as one key behind it takes a recovery that has to find it in the log (0.6 us at a hundred million keys).</summary>
    private const long BytesPerKeyBehind = 240;

    private readonly Lock _gate = new();
    private readonly SeenFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SeenLogDevice _device;
    private readonly CheckpointFiles _checkpoints;
    private readonly FasterKV<LogKey, long> _store;
    private readonly BatchInserts _inserts;
    private readonly LogFollower _follower;
    private readonly BloomFilter _bloom;
    private readonly CancellationTokenSource _closing = new();
    private readonly Thread? _verifier;
    private readonly string _shape;
    private WrittenTable? _table;
    private Func<long> _lastDurable = static () => 0;
    private long _count;
    private volatile bool _checkpointsAreStuck;
    private int _isDisposed;

    private FasterSeenStore(SeenFiles files, DedupOptions options, Seams seams, SeenManifest? from, SealedLog? sealedLog, BloomFilter bloom)
    {
        _files = files;
        _time = seams.Time;
        _log = seams.Logs.CreateLogger<FasterSeenStore>();
        _bloom = bloom;
        _shape = FasterShape.NameOf(options);
        _device = new SeenLogDevice(files.LogPath, seams.Disk, seams.Time) { Sealed = sealedLog, Damaged = Damaged };
        _checkpoints = new CheckpointFiles(files.Root, seams.Disk);
        try
        {
            _store = new FasterKV<LogKey, long>(FasterShape.SettingsFor(options, _device, _checkpoints.Manager()));
            if (from is not null)
                _store.Recover(Guid.ParseExact(from.IndexToken, "N"), Guid.ParseExact(from.Token, "N"));
            _device.ThrowIfFailed();
            _checkpoints.ThrowIfFailed();
            _inserts = new BatchInserts(_store, _device, bloom);
            _follower = new LogFollower(_store, _device, files, _gate, sealedLog?.Whole ?? []);
        }
        catch
        {
            _store?.Dispose();
            _device.Dispose();
            _checkpoints.Dispose();
            throw;
        }

        _count = from?.Count ?? 0;
        _table = from is null ? null : new WrittenTable(Guid.ParseExact(from.IndexToken, "N"), from.IndexCount, from.IndexTail, from.LogEnd, SeenFiles.FilterIn(from));
        if (sealedLog is { IsVerified: false })
        {
            _verifier = new Thread(() => _device.VerifyRest(_closing.Token)) { IsBackground = true, Name = "dedup verifier" };
            _verifier.Start();
        }
    }

    /// <summary>How long each part of a checkpoint may take before the store goes on without it, and without checkpoints.</summary>
    public TimeSpan CheckpointDeadline { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>New keys from which on a checkpoint has a hash table of its own. With fewer it shares the one before it, and a recovery reads what is missing from the log: 2 to 5 million keys a second.</summary>
    /// <remarks>The table is written whole, 10 to 20 bytes for every expected URL, however few keys are new.</remarks>
    public long NewKeysPerTable { get; set; } = 8_000_000;

    /// <summary>Bytes of the log between two cuts.</summary>
    public long BytesPerCut { get => _follower.BytesPerCut; set => _follower.BytesPerCut = value; }

    /// <summary>The hash table that the newest checkpoint has, or shares; null before there is one.</summary>
    public WrittenTable? NewestTable => _table;

    /// <summary>Whether opening it had to go through the whole ledger.</summary>
    public bool WasRebuilt { get; private init; }

    public long Count => Interlocked.Read(ref _count);

    /// <summary>Opens the index in a directory that is its own, in step with the ledger: from the ledger's last checkpoint and the rows above it, or else from all rows.</summary>
    /// <param name="directory">Its own.</param>
    /// <param name="options">Its sizes.</param>
    /// <param name="ledger">The truth.</param>
    /// <param name="seams">Time, disk and log.</param>
    /// <param name="progress">Is told how far a verification, replay or rebuild is.</param>
    public static FasterSeenStore Open(string directory, DedupOptions options, ILedger ledger, Seams seams, StepProgress? progress = null)
    {
        var log = seams.Logs.CreateLogger<FasterSeenStore>();
        var files = new SeenFiles(directory, seams.Disk);
        if (ledger.LastSeenCheckpoint is { } checkpoint)
        {
            try
            {
                return Recover(files, options, ledger, checkpoint, seams, progress);
            }
            catch (Exception doubt) when (doubt is not (OutOfMemoryException or LedgerException))
            {
                // Whatever is wrong with the files, the ledger has every key. A ledger that cannot be read says nothing about them.
                LogRebuild(log, doubt);
            }
        }

        files.DeleteAll();
        var bloom = new BloomFilter(options.ExpectedUrls, options.FalsePositiveRate);
        var store = new FasterSeenStore(files, options, seams, from: null, sealedLog: null, bloom) { WasRebuilt = true };
        progress?.Begin("rebuilding the dedup index from the ledger", ledger.LastSequence);
        return store.Replaying(ledger, above: 0, progress);
    }

    public void AddIfAbsent(ReadOnlySpan<UInt128> keys, Span<bool> isNew) => AddIfAbsent(keys, _lastDurable(), isNew);

    public void Find(ReadOnlySpan<UInt128> keys, Span<long> above)
    {
        lock (_gate)
            _inserts.Find(keys, above);
    }

    /// <summary>Whether the next checkpoint brings a hash table of its own.</summary>
    /// <param name="isLast">Whether no other will follow: then a table is due as soon as it saves the next start more time than it costs here.</param>
    public bool IsTableDue(bool isLast) =>
        _table is not { } written || Count - written.Count >= (isLast ? Math.Min(NewKeysPerTable, _store.IndexSize * BytesPerBucket / BytesPerKeyBehind) : NewKeysPerTable);

    /// <exception cref="IOException">The log could not be read or written, or is damaged: no answer of the index is to be trusted any more.</exception>
    public void ThrowIfFailed() => _device.ThrowIfFailed();

    /// <summary>Whether a cut is due: the log has grown, and is on the disk up to the one before. Cheap.</summary>
    public bool IsCutDue => _follower.IsDue(_store.Log.TailAddress);

    /// <summary>Cuts the log where it ends, and has it written up to there; returns at once. Nobody may be adding keys.</summary>
    /// <param name="highWater">The ledger's sequence number up to which every key is in. Keys of later rows may be in too.</param>
    /// <param name="decided">What was decided since the cut before, and is on its way to the ledger.</param>
    public LogCut Cut(long highWater, InFlight decided)
    {
        var cut = new LogCut(_store.Log.TailAddress, Count, highWater, decided);
        _follower.Follow(cut);
        return cut;
    }

    /// <summary>Has hash table and filter written if they are due, while keys are added.</summary>
    /// <param name="isLast">Whether no other checkpoint will follow.</param>
    /// <returns>The one that the next checkpoint has. It ends at a cut that is not before the table's end.</returns>
    /// <exception cref="TimeoutException">It took too long; the store goes on, and takes no checkpoint any more.</exception>
    public Task<WrittenTable> WriteTableIfDueAsync(bool isLast = false) => WithinDeadline(async () =>
    {
        var known = Count;
        if (_table is { } written && !IsTableDue(isLast))
            return written;

        // Whose record stands below is in the filter: that comes first.
        long tail;
        lock (_gate)
            tail = _store.Log.TailAddress;
        var (taken, token) = await _store.TakeIndexCheckpointAsync();
        _checkpoints.ThrowIfFailed();
        if (!taken)
            throw new IOException("The dedup index did not begin a checkpoint.");
        var end = _store.Log.TailAddress;
        var filter = _files.SaveFilter(_bloom, token.ToString("N"));
        return _table = new WrittenTable(token, known, tail, end, filter);
    });

    /// <summary>Makes a checkpoint durable and describes it, while keys are added.</summary>
    /// <param name="table">What <see cref="WriteTableIfDueAsync"/> gave.</param>
    /// <param name="cut">Where it ends. What was decided before it need not be in the ledger by now, but before the ledger gets to know the checkpoint.</param>
    /// <exception cref="IOException">It, or the log before it, could not be written.</exception>
    /// <exception cref="TimeoutException">As when a table is written.</exception>
    public Task<SeenCheckpoint> SealCheckpointAsync(WrittenTable table, LogCut cut) => WithinDeadline(async () =>
    {
        var log = await cut.OnDisk;
        _device.ThrowIfFailed();
        var described = LogDescription.Of(cut, _store);
        _checkpoints.Describe(described);
        var manifest = _files.Seal(new CheckpointNames(described.guid.ToString("N"), table.Token.ToString("N")), table, cut.Count, _shape, log, _checkpoints.Written);
        _checkpoints.Forget();
        return new SeenCheckpoint(manifest.Token, cut.HighWater, manifest.ToText());
    });

    /// <summary>A whole checkpoint of all keys, which the ledger has. Nobody may be adding any.</summary>
    /// <param name="highWater">As for a cut.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="TimeoutException">As when a table is written.</exception>
    public async Task<SeenCheckpoint> TakeCheckpointAsync(long highWater)
    {
        var table = await WriteTableIfDueAsync();
        return await SealCheckpointAsync(table, Cut(highWater, new InFlight()));
    }

    /// <summary>When the ledger knows a checkpoint: deletes all but this one and the one before it. Deleting gigabytes takes a while.</summary>
    /// <param name="table">Its hash table.</param>
    /// <param name="taken">The checkpoint.</param>
    /// <exception cref="TimeoutException">As when a table is written.</exception>
    public Task KeepNewestTwoAsync(WrittenTable table, SeenCheckpoint taken) => WithinDeadline(() =>
    {
        if (!_checkpointsAreStuck)
            _files.KeepNewestTwo(new CheckpointNames(taken.Token, table.Token.ToString("N")));
        return Task.FromResult(true);
    });

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _closing.Cancel();
        _verifier?.Join();
        _follower.Dispose();
        lock (_gate)
        {
            _inserts.Dispose();
            _device.WaitForWrites();
            _store.Dispose();
            _device.Dispose();
            _checkpoints.Dispose();
            _closing.Dispose();
        }
    }

    /// <summary>A part that comes back after the deadline is not heard: its files stay unused.</summary>
    private async Task<T> WithinDeadline<T>(Func<Task<T>> part)
    {
        if (_checkpointsAreStuck)
            throw new TimeoutException("An earlier checkpoint of the dedup index has not come back.");

        var taking = Task.Run(part);
        try
        {
            return await taking.WaitAsync(CheckpointDeadline, _time);
        }
        catch (TimeoutException) when (!taking.IsCompleted)
        {
            _checkpointsAreStuck = true;
            throw;
        }
    }

    private static FasterSeenStore Recover(SeenFiles files, DedupOptions options, ILedger ledger, SeenCheckpoint checkpoint, Seams seams, StepProgress? progress)
    {
        var manifest = SeenManifest.Parse(checkpoint.Manifest);
        if (manifest.Token != checkpoint.Token || manifest.Shape != FasterShape.NameOf(options))
            throw new InvalidDataException("The dedup index was made with other settings.");
        progress?.Begin("verifying the dedup index", 0);
        var log = files.Verify(manifest, manifest.IndexTail);
        files.KeepOnly(CheckpointNames.Of(manifest));
        var (filter, wasThere) = SavedFilter.Load(files, options, manifest, log, progress);
        var store = new FasterSeenStore(files, options, seams, manifest, log, filter);
        if (!wasThere)
        {
            // Saved with the next checkpoint, which then has a table of its own.
            LogFilter(store._log);
            store._table = null;
        }

        progress?.Begin("replaying the ledger into the dedup index", ledger.LastSequence - checkpoint.HighWater);
        return store.Replaying(ledger, checkpoint.HighWater, progress);
    }

    private void AddIfAbsent(ReadOnlySpan<UInt128> keys, long above, Span<bool> isNew)
    {
        lock (_gate)
        {
            _inserts.Above = above;
            Interlocked.Add(ref _count, _inserts.AddIfAbsent(keys, isNew));
        }
    }

    private FasterSeenStore Replaying(ILedger ledger, long above, StepProgress? progress)
    {
        try
        {
            var isNew = new bool[UrlBatch.MaxRows];
            ledger.ScanSeenKeys(above, (keys, below) =>
            {
                progress?.Advance(keys.Length);
                for (; keys.Length > 0; keys = keys[Math.Min(keys.Length, UrlBatch.MaxRows)..])
                {
                    AddIfAbsent(keys[..Math.Min(keys.Length, UrlBatch.MaxRows)], below, isNew);
                    if (IsCutDue)
                        Cut(below, new InFlight());
                }
            });

            // From here on keys come before their rows.
            _lastDurable = () => ledger.LastSequence;
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The dedup index cannot be trusted and is rebuilt from the ledger.")]
    private static partial void LogRebuild(ILogger log, Exception doubt);

    private void Damaged(string what)
    {
        LogDamaged(_log, what);
        _files.MarkDamaged(what);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The dedup index is damaged: {What} Nothing is lost; the next start makes it anew from the ledger.")]
    private static partial void LogDamaged(ILogger log, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The filter of the dedup index is gone or damaged; it was made anew from the index's log.")]
    private static partial void LogFilter(ILogger log);
}
