using System.Collections.Concurrent;
using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>Keeps the files of the log close behind its end: written, synced and hashed while keys come, cut by cut, so that a checkpoint finds it on the disk.</summary>
/// <remarks>
/// On a thread of its own: the pool's belong to the stages. Keys are only ever appended, so that nothing is written twice but the sector that the log ends in.
/// A cut that fails says so to whoever wants a checkpoint of it. What it has not done is done, or fails, with the next one.
/// </remarks>
internal sealed class LogFollower : IDisposable
{
    private readonly FasterKV<LogKey, long> _store;
    private readonly SeenLogDevice _device;
    private readonly SeenFiles _files;
    private readonly Lock _inside;
    private readonly RunningHashes _hashes;
    private readonly ConcurrentQueue<LogCut> _cuts = new();
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;

    /// <summary>The tail of the last cut.</summary>
    private long _followed;

    private volatile LogCut? _last;
    private volatile bool _isOver;

    /// <param name="store">Whose log it is.</param>
    /// <param name="device">Its files.</param>
    /// <param name="files">Reads what was written.</param>
    /// <param name="inside">Held by whoever adds keys.</param>
    /// <param name="sealedBefore">The whole stretches of the checkpoint that the store came from.</param>
    public LogFollower(FasterKV<LogKey, long> store, SeenLogDevice device, SeenFiles files, Lock inside, IEnumerable<SealedStretch> sealedBefore)
    {
        (_store, _device, _files, _inside) = (store, device, files, inside);
        _hashes = new RunningHashes(SeenFiles.PlaceInLog);
        _hashes.GoOnFrom(sealedBefore);
        _followed = store.Log.TailAddress;
        _thread = new Thread(Run) { IsBackground = true, Name = "dedup log follower" };
        _thread.Start();
    }

    /// <summary>Bytes between two cuts: 65,536 keys, some 5 ms of a disk.</summary>
    public long BytesPerCut { get; set; } = 2 << 20;

    /// <summary>Whether enough has come for a cut, and the one before it is done with. Cheap.</summary>
    public bool IsDue(long tail) => tail - Volatile.Read(ref _followed) >= BytesPerCut && _last is not { OnDisk.IsCompleted: false };

    /// <summary>Has the log written up to a cut that is not before any earlier one; returns at once.</summary>
    public void Follow(LogCut cut)
    {
        Volatile.Write(ref _followed, cut.Tail);
        _last = cut;
        _cuts.Enqueue(cut);
        _due.Set();
    }

    /// <summary>Returns when no cut is under way. Those that were not begun fail.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        _due.Set();
        _thread.Join();
        _due.Dispose();
        while (_cuts.TryDequeue(out var cut))
            cut.Fail(new ObjectDisposedException(nameof(LogFollower)));
    }

    private void Run()
    {
        while (true)
        {
            _due.WaitOne();
            while (!_isOver && _cuts.TryDequeue(out var cut))
                FollowTo(cut);
            if (_isOver)
                return;
        }
    }

    private void FollowTo(LogCut cut)
    {
        try
        {
            WriteTo(cut.Tail);
            _files.ReadLog(_hashes.End, cut.Tail, _hashes.Append);
            cut.Settle(_hashes.Sealed());
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The device remembers what it could not write; what could not be read is read again.
            cut.Fail(error);
        }
    }

    private void WriteTo(long tail)
    {
        _store.Log.ShiftReadOnlyAddress(tail, wait: false);

        // Who is inside sees the pages handed out when he leaves.
        lock (_inside)
            _device.ThrowIfFailed();

        // All is written by now, but where somebody else hands out a page at this moment, or one waited for another: FASTER alone knows, and turns in circles until it is so.
        _device.WaitForWrites();
        _store.Log.ShiftReadOnlyAddress(tail, wait: true);
        _device.SyncWrites();
    }
}
