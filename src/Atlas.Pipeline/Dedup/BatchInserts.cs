using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>Puts the keys of one batch after another into the index: all are fetched ahead, then all are started, then those that need the disk are waited for.</summary>
/// <remarks>One caller at a time. The filter may know more keys than the index, never fewer.</remarks>
internal sealed class BatchInserts : IDisposable
{
    private readonly SeenLogDevice _device;
    private readonly BloomFilter _bloom;
    private readonly HashBuckets _buckets;
    private readonly BatchOutcomes _outcomes = new();
    private readonly ClientSession<LogKey, long, long, long, int, InsertIfAbsent> _session;
    private readonly UnsafeContext<LogKey, long, long, long, int, InsertIfAbsent> _context;

    public BatchInserts(FasterKV<LogKey, long> index, SeenLogDevice device, BloomFilter bloom)
    {
        _device = device;
        _bloom = bloom;
        _buckets = new HashBuckets(index);
        var functions = new InsertIfAbsent(_outcomes);
        _session = index.For(functions).NewSession<InsertIfAbsent>(functions);
        _context = _session.UnsafeContext;
    }

    /// <summary>The sequence number above which the rows of the keys that are added now will stand.</summary>
    public long Above { get; set; }

    /// <summary>Adds each key unless it is there, and says how many were not.</summary>
    /// <param name="keys">At most <see cref="UrlBatch.MaxRows"/> keys.</param>
    /// <param name="isNew">For each key, whether this call added it.</param>
    /// <exception cref="IOException">The log cannot be read or written, now or since earlier.</exception>
    public int AddIfAbsent(ReadOnlySpan<UInt128> keys, Span<bool> isNew)
    {
        Run(keys, reads: false);
        var created = _outcomes.Created.AsSpan(0, keys.Length);
        created.CopyTo(isNew);
        return created.Count(true);
    }

    /// <summary>Gives each key's value, or <see cref="ISeenStore.Unknown"/>; changes nothing.</summary>
    /// <param name="keys">At most <see cref="UrlBatch.MaxRows"/> keys.</param>
    /// <param name="above">The values.</param>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public void Find(ReadOnlySpan<UInt128> keys, Span<long> above)
    {
        Run(keys, reads: true);
        _outcomes.Above.AsSpan(0, keys.Length).CopyTo(above);
    }

    public void Dispose() => _session.Dispose();

    private void Run(ReadOnlySpan<UInt128> keys, bool reads)
    {
        Prefetch(keys);
        if (IssueAll(keys, reads))
            _session.CompletePending(wait: true);
        _device.ThrowIfFailed();
        if (_outcomes.HasFailed)
            throw new IOException("The dedup index could not finish a look at its log.");
    }

    /// <summary>A key costs two or three lines that are in no cache: fetched one after the other they would be most of its cost.</summary>
    private void Prefetch(ReadOnlySpan<UInt128> keys)
    {
        foreach (var key in keys)
        {
            _bloom.Prefetch(key);
            _buckets.Prefetch(key);
        }
    }

    /// <summary>Starts all inserts or reads, under one entry into the index's epoch; true when some wait for the disk.</summary>
    private bool IssueAll(ReadOnlySpan<UInt128> keys, bool reads)
    {
        var waiting = false;
        _device.Collect();
        _context.BeginUnsafe();
        try
        {
            for (var i = 0; i < keys.Length; i++)
                waiting |= reads ? IssueRead(keys[i], i) : Issue(keys[i], i);
        }
        finally
        {
            _context.EndUnsafe();
            _device.ReadCollected();
        }

        return waiting;
    }

    /// <summary>Starts one insert; true when it waits for the disk.</summary>
    private bool Issue(UInt128 key, int place)
    {
        var logKey = new LogKey(key);
        if (!_bloom.AddAndTest(key))
        {
            // Surely new: written without a look, so that a tag that happens to match costs no read.
            var value = Above;
            _context.Upsert(ref logKey, ref value, place);
            _outcomes.Created[place] = true;
            return false;
        }

        long input = Above, output = 0;
        var status = _context.RMW(ref logKey, ref input, ref output, place);
        if (status.IsPending)
            return true;
        if (status.IsFaulted)
            throw new IOException("The dedup index could not write its log.");
        _outcomes.Created[place] = status.Record.Created;
        return false;
    }

    /// <summary>Starts one read; true when it waits for the disk.</summary>
    private bool IssueRead(UInt128 key, int place)
    {
        var logKey = new LogKey(key);
        long input = 0, output = 0;
        _outcomes.Above[place] = ISeenStore.Unknown;
        if (!_bloom.MayContain(key))
            return false;
        var status = _context.Read(ref logKey, ref input, ref output, place);
        if (status.IsPending)
            return true;
        if (status.IsFaulted)
            throw new IOException("The dedup index could not read its log.");
        if (status.Found)
            _outcomes.Above[place] = output;
        return false;
    }
}
