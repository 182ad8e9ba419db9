namespace Atlas.Pipeline.Ledger;

/// <summary>One pipeline's directory, held by one process at a time through the file <c>lock</c> in it.</summary>
/// <remarks>
/// The operating system gives the lock back when the process dies, so a lock file that lies there means nothing by itself. What stands in it is the <see cref="LedgerMark"/> of the last commit.
/// Who deletes the file lets a second process in: so before each commit the writer looks whether the path still leads to the file that is locked.
/// </remarks>
internal sealed class StateDirectory : IDisposable
{
    // What the lock of another process is called: EWOULDBLOCK of flock(2), which .NET leaves in HResult, and Windows' own.
    private const int WouldBlock = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _lock;
    private readonly string _lockFile;
    private readonly string? _identity;

    private StateDirectory(string path, string file, FileStream held)
    {
        Path = path;
        _lock = held;
        _lockFile = file;
        _identity = FileIdentity.OfOpen(held.SafeFileHandle, file);
        Mark = ReadMark();
    }

    public string Path { get; }

    public string LedgerFile => LedgerFileIn(Path);

    /// <summary>Where the ledger of a state directory lies.</summary>
    public static string LedgerFileIn(string path) => System.IO.Path.Combine(path, "ledger.db");

    public string BodiesDirectory => BodiesDirectoryIn(Path);

    /// <summary>Where the bodies of a state directory lie.</summary>
    public static string BodiesDirectoryIn(string path) => System.IO.Path.Combine(path, "bodies");

    public string SeenDirectory => System.IO.Path.Combine(Path, "seen");

    /// <summary>What the last commit left, in this opening of the directory or before; null if there was none.</summary>
    public LedgerMark? Mark { get; private set; }

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
            return new StateDirectory(path, file, TryLock(file) ?? throw StateInUseException.Of(path));
        }
        catch (IOException refused)
        {
            throw new IOException($"The state directory {path} cannot be locked: {refused.Message}", refused);
        }
    }

    /// <summary>Takes the lock that a file stands for, which is made if it is not there; null if another process has it.</summary>
    /// <exception cref="IOException">The file can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">We may not write there.</exception>
    public static FileStream? TryLock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException taken) when (taken.HResult is WouldBlock or WouldBlockOnMac or SharingViolation)
        {
            return null;
        }
    }

    /// <summary>Looks whether the directory is still ours alone.</summary>
    /// <exception cref="StateInUseException">The lock's file was deleted or replaced: another process may be at work here.</exception>
    /// <exception cref="DirectoryNotFoundException">The directory itself is gone.</exception>
    public void ThrowIfTaken()
    {
        if (FileIdentity.IsOfPath(_lockFile, _identity))
            return;
        if (!Directory.Exists(Path))
            throw new DirectoryNotFoundException($"The state directory {Path} was taken away.");
        throw StateInUseException.LockIsGone(_lockFile);
    }

    /// <summary>What lies here although there is no ledger it belongs to; null if nothing does.</summary>
    public string? Orphans()
    {
        if (File.Exists(LedgerFile) && new FileInfo(LedgerFile).Length > 0)
            return null;
        if (new FileInfo(LedgerFile + "-wal") is { Exists: true, Length: > 0 } wal)
            return wal.FullName;
        return Array.Find([BodiesDirectory, SeenDirectory], directory => Directory.Exists(directory) && Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any())
            ?? (Mark is null ? null : _lockFile);
    }

    /// <summary>Looks whether an opened ledger is the one that this directory was last worked on with, and not older.</summary>
    /// <exception cref="StateDamagedException">It is another one, or commits that were durable are missing in it.</exception>
    public void ThrowIfNot(LedgerMark ledger)
    {
        if (Mark is not { } mark || (mark.LedgerId == ledger.LedgerId && mark.Progress <= ledger.Progress))
            return;
        throw new StateDamagedException(mark.LedgerId != ledger.LedgerId
            ? $"{LedgerFile} is not the ledger that {Path} was last worked on with: it holds another one's rows. Put the right file back, or take this one as it is with: atlas fsck --state {Path} --repair"
            : $"{LedgerFile} is older than what was committed here: it was put back from a copy, or its file -wal was lost or cut. Put the newer one back, or take this one as it is with: atlas fsck --state {Path} --repair");
    }

    /// <summary>Notes what was committed. Not synced.</summary>
    public void WriteMark(LedgerMark mark)
    {
        Span<byte> bytes = stackalloc byte[LedgerMark.Size];
        mark.Write(bytes);
        RandomAccess.Write(_lock.SafeFileHandle, bytes, 0);
        Mark = mark;
    }

    public void Dispose() => _lock.Dispose();

    private LedgerMark? ReadMark()
    {
        Span<byte> bytes = stackalloc byte[LedgerMark.Size];
        return LedgerMark.Parse(bytes[..RandomAccess.Read(_lock.SafeFileHandle, bytes, 0)]);
    }
}
