namespace Atlas.Pipeline.Tests.Graph;

/// <summary>The real disk, with as many bytes free as a test says.</summary>
internal sealed class ScarceDisk : IDisk
{
    private readonly Disk _disk = new();
    private long _free = long.MaxValue;
    private int _looks;

    public long Free { get => Interlocked.Read(ref _free); set => Interlocked.Exchange(ref _free, value); }

    public long Total { get; init; } = long.MaxValue;

    /// <summary>How often somebody asked what is free.</summary>
    public int Looks => Volatile.Read(ref _looks);

    /// <summary>The disk does not answer any more.</summary>
    public bool IsGone { get; set; }

    public IDiskFile Open(string path, long preallocate = 0) => _disk.Open(path, preallocate);

    public bool Exists(string path) => _disk.Exists(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory, string pattern) => _disk.List(directory, pattern);

    public void Delete(string path) => _disk.Delete(path);

    public byte[] ReadAll(string path) => _disk.ReadAll(path);

    public void Replace(string path, ReadOnlySpan<byte> content) => _disk.Replace(path, content);

    public void Rename(string path, string name) => _disk.Rename(path, name);

    public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

    public long FreeBytes(string path)
    {
        Interlocked.Increment(ref _looks);
        return IsGone ? throw new IOException("Input/output error") : Free;
    }

    public long TotalBytes(string path) => Total;
}
