namespace Atlas.Pipeline.Ledger;

/// <summary>One pipeline's directory, held by one process at a time through the file <c>lock</c> in it.</summary>
/// <remarks>The operating system gives the lock back when the process dies, so a lock file that lies there means nothing by itself.</remarks>
internal sealed class StateDirectory : IDisposable
{
    private readonly FileStream _lock;

    private StateDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string LedgerFile => System.IO.Path.Combine(Path, "ledger.db");

    /// <summary>Creates the directory if it is not there, and takes its lock.</summary>
    /// <exception cref="StateInUseException">Somebody holds the lock.</exception>
    public static StateDirectory Open(string path, IDisk disk)
    {
        disk.CreateDirectory(path);
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            return new StateDirectory(path, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken)
        {
            throw new StateInUseException(path, taken);
        }
    }

    public void Dispose() => _lock.Dispose();
}
