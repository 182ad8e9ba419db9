using Atlas.Pipeline;

namespace Atlas.Faults;

/// <summary>The real disk, with a watch before and after every operation.</summary>
internal sealed class WatchedDisk(IFileWatch watch) : IDisk
{
    private readonly Disk _disk = new();

    public IDiskFile Open(string path, long preallocate = 0)
    {
        Enter(FileOperation.Open, path);
        return new File(watch, path, _disk.Open(path, preallocate));
    }

    public IDiskFile OpenRead(string path)
    {
        Enter(FileOperation.Open, path);
        return new File(watch, path, _disk.OpenRead(path));
    }

    public bool Exists(string path) => _disk.Exists(path);

    public void CreateDirectory(string path)
    {
        Enter(FileOperation.CreateDirectory, path);
        _disk.CreateDirectory(path);
    }

    public IReadOnlyList<string> List(string directory, string pattern)
    {
        Enter(FileOperation.List, directory);
        return _disk.List(directory, pattern);
    }

    public void Delete(string path)
    {
        Enter(FileOperation.Delete, path);
        _disk.Delete(path);
        watch.After(new FileCall(FileOperation.Delete, path));
    }

    public byte[] ReadAll(string path)
    {
        Enter(FileOperation.Read, path);
        return _disk.ReadAll(path);
    }

    public void Replace(string path, ReadOnlySpan<byte> content)
    {
        Enter(FileOperation.Replace, path);
        _disk.Replace(path, content);
        watch.After(new FileCall(FileOperation.Replace, path));
    }

    public void Rename(string path, string name)
    {
        Enter(FileOperation.Rename, name);
        _disk.Rename(path, name);
        watch.After(new FileCall(FileOperation.Rename, name));
    }

    public void SyncDirectory(string directory)
    {
        Enter(FileOperation.Sync, directory);
        _disk.SyncDirectory(directory);
        watch.After(new FileCall(FileOperation.Sync, directory));
    }

    public long FreeBytes(string path) => _disk.FreeBytes(path);

    private void Enter(FileOperation operation, string path) => Enter(watch, new FileCall(operation, path));

    private static void Enter(IFileWatch watch, in FileCall call)
    {
        if (watch.Before(call) is var ending && ending != Ending.Done)
            throw Error(ending, call);
    }

    private static IOException Error(Ending ending, in FileCall call) =>
        new($"{(ending == Ending.Fails ? "Input/output error" : "No space left on device")} : '{call.Path}'");

    /// <summary>An open file, watched too.</summary>
    private sealed class File(IFileWatch watch, string path, IDiskFile file) : IDiskFile
    {
        public long Length
        {
            get
            {
                Enter(watch, new FileCall(FileOperation.Length, path));
                return file.Length;
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var call = new FileCall(FileOperation.Write, path, offset);
            var ending = watch.Before(call);
            if (ending is Ending.Fails or Ending.IsFull)
                throw Error(ending, call);
            file.Write(ending == Ending.IsShort ? bytes[..(bytes.Length / 2)] : bytes, offset);
            watch.After(call);
            if (ending == Ending.IsShort)
                throw Error(ending, call);
        }

        public int Read(Span<byte> bytes, long offset)
        {
            Enter(watch, new FileCall(FileOperation.Read, path, offset));
            return file.Read(bytes, offset);
        }

        public void Sync()
        {
            var call = new FileCall(FileOperation.Sync, path);
            Enter(watch, call);
            file.Sync();
            watch.After(call);
        }

        public void Dispose() => file.Dispose();
    }
}
