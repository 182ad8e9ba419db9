using System.Collections.Concurrent;
using FASTER.core;

namespace Atlas.Pipeline.Dedup;

/// <summary>The files of FASTER's checkpoints, through the pipeline's own door to the disk.</summary>
internal sealed class CheckpointFiles(string root, IDisk disk) : INamedDeviceFactory, IDisposable
{
    private readonly LocalStorageNamedDeviceFactory _others = new();
    private readonly DefaultCheckpointNamingScheme _names = new(root);
    private readonly WriteThread _writer = new("dedup checkpoint");
    private readonly ConcurrentDictionary<string, TableDevice> _devices = [];
    private int _failures;

    /// <summary>What FASTER asks for them. Which checkpoint is the right one is the ledger's to say, and which may go is decided in <see cref="SeenFiles"/>: nothing is removed here.</summary>
    public ICheckpointManager Manager() => new DeviceLogCommitCheckpointManager(this, _names, removeOutdated: false);

    /// <summary>Writes what FASTER needs to know of a checkpoint's log.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Describe(HybridLogRecoveryInfo log)
    {
        Manager().CommitLogCheckpoint(log.guid, log.ToByteArray());
        ThrowIfFailed();
    }

    /// <summary>After a part of a checkpoint was written or read. A failure is of that checkpoint: the next one's files are new.</summary>
    /// <exception cref="IOException">It could not be written or read: no checkpoint of it may be used.</exception>
    public void ThrowIfFailed()
    {
        if (Interlocked.Exchange(ref _failures, 0) > 0)
            throw new IOException("The dedup index could not write or read the files of its checkpoint.");
    }

    /// <summary>The stretches of a file that was written since <see cref="Forget"/>, hashed meanwhile; null when it has to be read for that.</summary>
    public IReadOnlyList<SealedStretch>? Written(string name) => _devices.TryGetValue(name, out var device) ? device.Written() : null;

    /// <summary>After a checkpoint is sealed. What one that was given up has written stays known until then: a few hundred bytes.</summary>
    public void Forget() => _devices.Clear();

    public void Initialize(string baseName) => _others.Initialize(baseName);

    public IDevice Get(FileDescriptor fileInfo)
    {
        var directory = Path.Combine(root, fileInfo.directoryName);
        try
        {
            disk.CreateDirectory(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The file in it cannot be opened either: FASTER is told then, in the way it expects.
            Fail();
        }

        // The one segment of a device is a file of its own.
        var path = Path.Combine(directory, fileInfo.fileName);
        var name = Path.GetRelativePath(root, path) + ".0";
        return _devices[name] = new TableDevice(path, name, disk, _writer, Fail);
    }

    public void Dispose() => _writer.Dispose();

    public void Delete(FileDescriptor fileInfo) => _others.Delete(fileInfo);

    public IEnumerable<FileDescriptor> ListContents(string path) => _others.ListContents(path);

    private void Fail() => Interlocked.Increment(ref _failures);
}
