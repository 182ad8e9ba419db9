using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>Keeps the files of the log close behind its end: written, synced and hashed while keys come, so that a checkpoint has a few megabytes left to do.</summary>
/// <remarks>
/// On a thread of its own: the pool's belong to the stages. Keys are only ever appended, so that nothing is written twice but the sector that the log ends in.
/// A step that fails is not told: what it has not done is done, or fails, at the next checkpoint, which says so.
/// </remarks>
internal sealed class LogFollower : IDisposable
{
    /// <summary>Bytes that the files may stay behind: 65,536 keys, some 5 ms of a disk.</summary>
    private const long StepBytes = 2 << 20;

    /// <summary>Bytes that a checkpoint may leave to the time in which nobody adds keys: a few milliseconds.</summary>
    private const long LeastLeft = 2 * StepBytes;

    /// <summary>Most steps of a checkpoint: what comes faster than it can be written is left.</summary>
    private const int MostSteps = 5;

    private readonly FasterKV<LogKey, long> _store;
    private readonly SeenLogDevice _device;
    private readonly SeenFiles _files;
    private readonly Lock _inside;
    private readonly RunningHashes _hashes;
    private readonly Lock _stepping = new();
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private long _next;
    private bool _isPaused;
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
        _next = store.Log.TailAddress + StepBytes;
        _thread = new Thread(Run) { IsBackground = true, Name = "dedup log follower" };
        _thread.Start();
    }

    /// <summary>After keys were added: has a step made if enough has come. Cheap.</summary>
    public void Notice(long tail)
    {
        if (tail < Volatile.Read(ref _next))
            return;
        Volatile.Write(ref _next, tail + StepBytes);
        _due.Set();
    }

    /// <summary>Returns when little of the log is left to write, or all of it comes too fast. From then on nothing is followed until <see cref="Seal"/>: it needs the hashes up to the checkpoint's end, and no farther.</summary>
    /// <exception cref="IOException">The log could not be written or read.</exception>
    public void CatchUp()
    {
        lock (_stepping)
        {
            _isPaused = true;
            for (var step = 0; step < MostSteps && _store.Log.TailAddress - _hashes.End > LeastLeft; step++)
                Step();
        }
    }

    /// <summary>Makes the log durable up to a checkpoint's end, gives its hashes, and goes on.</summary>
    /// <param name="end">Fixed after <see cref="CatchUp"/>.</param>
    /// <exception cref="IOException">The log could not be written or read.</exception>
    public List<SealedStretch> Seal(long end)
    {
        lock (_stepping)
        {
            try
            {
                FollowTo(end);
                return _hashes.Sealed();
            }
            finally
            {
                _isPaused = false;
            }
        }
    }

    /// <summary>Returns when no step is under way.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        _due.Set();
        _thread.Join();
        _due.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _due.WaitOne();
            if (_isOver)
                return;
            try
            {
                lock (_stepping)
                {
                    if (!_isPaused)
                        Step();
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                // The device remembers what it could not write; what could not be read is read again.
            }
        }
    }

    private void Step()
    {
        var tail = _store.Log.TailAddress;
        _store.Log.ShiftReadOnlyAddress(tail, wait: false);

        // Who is inside sees the pages handed out when he leaves.
        lock (_inside)
            _device.ThrowIfFailed();
        FollowTo(tail);
    }

    private void FollowTo(long tail)
    {
        // All is written by now, but where somebody else hands out a page at this moment, or one waited for another: FASTER alone knows, and turns in circles until it is so.
        _device.WaitForWrites();
        _store.Log.ShiftReadOnlyAddress(tail, wait: true);
        _device.SyncWrites();
        _files.ReadLog(_hashes.End, tail, _hashes.Append);
    }
}
