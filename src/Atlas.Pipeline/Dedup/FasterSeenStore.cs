using Atlas.Pipeline.Ledger;
using FASTER.core;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Dedup;

/// <summary>Every key in FASTER's hash index and log on disk, with a Bloom filter in front that keeps new keys off the disk.</summary>
/// <remarks>
/// The ledger is the truth and this is an index of it: any doubt about the files ends in a rebuild. The filter may know more keys than the log, never fewer.
/// Safe on any thread: one call at a time gets in. <see cref="CheckpointAsync"/> wants that nobody adds meanwhile.
/// </remarks>
internal sealed partial class FasterSeenStore : ISeenStore
{
    private readonly Lock _gate = new();
    private readonly SeenFiles _files;
    private readonly TimeProvider _time;
    private readonly SeenLogDevice _device;
    private readonly FasterKV<LogKey, long> _store;
    private readonly BatchInserts _inserts;
    private readonly BloomFilter? _bloom;
    private readonly string _shape;
    private Func<long> _lastDurable = static () => 0;
    private long _count;
    private volatile bool _checkpointsAreStuck;

    private FasterSeenStore(SeenFiles files, DedupOptions options, TimeProvider time, SeenManifest? from, BloomFilter? bloom)
    {
        _files = files;
        _time = time;
        _bloom = bloom;
        _shape = FasterShape.NameOf(options);
        _device = new SeenLogDevice(files.LogPath, time);
        _store = new FasterKV<LogKey, long>(FasterShape.SettingsFor(options, _device, files));
        try
        {
            if (from is not null)
                _store.Recover(Guid.ParseExact(from.Token, "N"));
            _device.ThrowIfFailed();
            _inserts = new BatchInserts(_store, _device, bloom);
        }
        catch
        {
            _store.Dispose();
            _device.Dispose();
            throw;
        }

        _count = from?.Count ?? 0;
    }

    /// <summary>How long a checkpoint may take, until its files are durable and hashed, before the store goes on without it.</summary>
    public TimeSpan CheckpointDeadline { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether opening it had to go through the whole ledger.</summary>
    public bool WasRebuilt { get; private init; }

    public long Count => Interlocked.Read(ref _count);

    /// <summary>Opens the index in a directory that is its own, in step with the ledger: from the ledger's last checkpoint and the rows above it, or else from all rows.</summary>
    public static FasterSeenStore Open(string directory, DedupOptions options, ILedger ledger, Seams seams)
    {
        var log = seams.Logs.CreateLogger<FasterSeenStore>();
        var files = new SeenFiles(directory, seams.Disk);
        if (ledger.LastSeenCheckpoint is { } checkpoint)
        {
            try
            {
                return Recover(files, options, ledger, checkpoint, seams.Time);
            }
            catch (Exception doubt) when (doubt is not OutOfMemoryException)
            {
                // Whatever is wrong with the files, the ledger has every key.
                LogRebuild(log, doubt);
            }
        }

        files.DeleteAll();
        var bloom = new BloomFilter(options.ExpectedUrls, options.FalsePositiveRate);
        var store = new FasterSeenStore(files, options, seams.Time, from: null, bloom) { WasRebuilt = true };
        return store.Replaying(ledger, above: 0);
    }

    public void AddIfAbsent(ReadOnlySpan<UInt128> keys, Span<bool> isNew) => AddIfAbsent(keys, _lastDurable(), isNew);

    public void Find(ReadOnlySpan<UInt128> keys, Span<long> above)
    {
        lock (_gate)
            _inserts.Find(keys, above);
    }

    /// <summary>Makes what is known now durable and names it; the newest two checkpoints are kept. Nobody may add keys until it completes.</summary>
    /// <param name="highWater">The ledger's sequence number up to which every key is in, and above which none is.</param>
    /// <exception cref="TimeoutException">It took too long; the store goes on, and takes no checkpoint any more.</exception>
    public async Task<SeenCheckpoint> CheckpointAsync(long highWater)
    {
        if (_checkpointsAreStuck)
            throw new TimeoutException("An earlier checkpoint of the dedup index has not come back.");

        var taking = Task.Run(() => TakeAndSealAsync(highWater));
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

    public void Dispose()
    {
        lock (_gate)
        {
            _inserts.Dispose();
            _device.WaitForWrites();
            _store.Dispose();
            _device.Dispose();
        }
    }

    /// <summary>May come back after the deadline, while keys are added again: then nobody hears of what it made, and the files stay unused.</summary>
    private async Task<SeenCheckpoint> TakeAndSealAsync(long highWater)
    {
        var (taken, token) = await _store.TakeFullCheckpointAsync(CheckpointType.FoldOver);
        if (!taken)
            throw new IOException("The dedup index did not begin a checkpoint.");
        _device.ThrowIfFailed();

        var name = token.ToString("N");
        var manifest = _files.Seal(name, _shape, Count, _store.Log.TailAddress, _bloom);
        if (!_checkpointsAreStuck)
            _files.KeepNewestTwo(name);
        return new SeenCheckpoint(name, highWater, manifest.ToText());
    }

    private static FasterSeenStore Recover(SeenFiles files, DedupOptions options, ILedger ledger, SeenCheckpoint checkpoint, TimeProvider time)
    {
        var manifest = SeenManifest.Parse(checkpoint.Manifest);
        if (manifest.Token != checkpoint.Token || manifest.Shape != FasterShape.NameOf(options))
            throw new InvalidDataException("The dedup index was made with other settings.");
        files.Verify(manifest);
        files.KeepOnly(manifest.Token);
        var bloom = new BloomFilter(options.ExpectedUrls, options.FalsePositiveRate);
        var store = new FasterSeenStore(files, options, time, manifest, files.TryLoad(manifest, bloom) ? bloom : null);
        return store.Replaying(ledger, checkpoint.HighWater);
    }

    private void AddIfAbsent(ReadOnlySpan<UInt128> keys, long above, Span<bool> isNew)
    {
        lock (_gate)
        {
            _inserts.Above = above;
            Interlocked.Add(ref _count, _inserts.AddIfAbsent(keys, isNew));
        }
    }

    private FasterSeenStore Replaying(ILedger ledger, long above)
    {
        try
        {
            var isNew = new bool[UrlBatch.MaxRows];
            ledger.ScanSeenKeys(above, (keys, below) =>
            {
                for (; keys.Length > 0; keys = keys[Math.Min(keys.Length, UrlBatch.MaxRows)..])
                    AddIfAbsent(keys[..Math.Min(keys.Length, UrlBatch.MaxRows)], below, isNew);
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
}
