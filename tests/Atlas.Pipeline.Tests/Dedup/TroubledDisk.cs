namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>The real disk, with something that happens before the filter of a checkpoint is written.</summary>
internal sealed class TroubledDisk : IDisk
{
    private readonly Disk _disk = new();

    public Action<string>? BeforeFilter { get; set; }

    public IDiskFile Open(string path, long preallocate = 0)
    {
        if (Path.GetFileName(path).StartsWith("filter.", StringComparison.Ordinal))
            BeforeFilter?.Invoke(path);
        return _disk.Open(path, preallocate);
    }

    public IDiskFile OpenRead(string path) => _disk.OpenRead(path);

    public bool Exists(string path) => _disk.Exists(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory, string pattern) => _disk.List(directory, pattern);

    public void Delete(string path) => _disk.Delete(path);

    public byte[] ReadAll(string path) => _disk.ReadAll(path);

    public void Replace(string path, ReadOnlySpan<byte> content) => _disk.Replace(path, content);

    public void Rename(string path, string name) => _disk.Rename(path, name);

    public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

    public long FreeBytes(string path) => _disk.FreeBytes(path);
}
