namespace Atlas.Pipeline.Ledger;

/// <summary>One pipeline's directory, held by one process at a time through the file <c>lock</c> in it.</summary>
/// <remarks>The operating system gives the lock back when the process dies, so a lock file that lies there means nothing by itself.</remarks>
internal sealed class StateDirectory : IDisposable
{
    // What the lock of another process is called: EWOULDBLOCK of flock(2), which .NET leaves in HResult, and Windows' own.
    private const int WouldBlock = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _lock;

    private StateDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string LedgerFile => LedgerFileIn(Path);

    /// <summary>Where the ledger of a state directory lies.</summary>
    public static string LedgerFileIn(string path) => System.IO.Path.Combine(path, "ledger.db");

    /// <summary>Creates the directory if it is not there, and takes its lock.</summary>
    /// <exception cref="StateInUseException">Somebody holds the lock.</exception>
    /// <exception cref="IOException">The directory or its lock cannot be made: a full or read-only disk, or something else stands there.</exception>
    /// <exception cref="UnauthorizedAccessException">We may not write there.</exception>
    public static StateDirectory Open(string path, IDisk disk)
    {
        disk.CreateDirectory(path);
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            return new StateDirectory(path, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken) when (taken.HResult is WouldBlock or WouldBlockOnMac or SharingViolation)
        {
            throw new StateInUseException(path, taken);
        }
        catch (IOException refused)
        {
            throw new IOException($"The state directory {path} cannot be locked: {refused.Message}", refused);
        }
    }

    public void Dispose() => _lock.Dispose();
}
