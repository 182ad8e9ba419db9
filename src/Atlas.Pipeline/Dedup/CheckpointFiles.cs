using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>The files of FASTER's checkpoints: as it makes them itself, but for the hash table's.</summary>
internal sealed class CheckpointFiles(string root) : INamedDeviceFactory, IDisposable
{
    private readonly LocalStorageNamedDeviceFactory _others = new();
    private readonly DefaultCheckpointNamingScheme _names = new(root);
    private readonly WriteThread _writer = new("dedup hash table");
    private int _failures;

    /// <summary>What FASTER asks for them. Which checkpoint is the right one is the ledger's to say, and which may go is decided in <see cref="SeenFiles"/>: nothing is removed here.</summary>
    public ICheckpointManager Manager() => new DeviceLogCommitCheckpointManager(this, _names, removeOutdated: false);

    /// <summary>After a hash table was written or read. A failure is of that table: the next one is a new file.</summary>
    /// <exception cref="IOException">It could not be written or read: no checkpoint of it may be used.</exception>
    public void ThrowIfFailed()
    {
        if (Interlocked.Exchange(ref _failures, 0) > 0)
            throw new IOException("The dedup index could not write or read its hash table.");
    }

    public void Initialize(string baseName) => _others.Initialize(baseName);

    public IDevice Get(FileDescriptor fileInfo)
    {
        if (fileInfo.fileName != _names.HashTable(Guid.Empty).fileName)
            return _others.Get(fileInfo);

        var directory = Path.Combine(root, fileInfo.directoryName);
        Directory.CreateDirectory(directory);
        return new TableDevice(Path.Combine(directory, fileInfo.fileName), _writer, () => Interlocked.Increment(ref _failures));
    }

    public void Dispose() => _writer.Dispose();

    public void Delete(FileDescriptor fileInfo) => _others.Delete(fileInfo);

    public IEnumerable<FileDescriptor> ListContents(string path) => _others.ListContents(path);
}
