using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Tests.Persist;

/// <summary>A disk in memory. After <see cref="Crash"/> it holds only what was synced. Any thread may use it.</summary>
internal sealed class ForgetfulDisk : IDisk
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Content> _files = new(StringComparer.Ordinal);

    /// <summary>The names as they were when the directory was synced last.</summary>
    private Dictionary<string, Content> _syncedNames = new(StringComparer.Ordinal);

    /// <summary>What happened, in order; the fake ledger writes here too.</summary>
    public List<string> Events { get; } = [];

    public bool SyncFails { get; set; }

    /// <summary>Bytes that are free, whatever is written.</summary>
    public long Free { get; set; } = long.MaxValue;

    /// <summary>Changes until the process is killed: the one that comes next is done by half, and nothing works any more. None by default.</summary>
    public int ChangesToLive { get; set; } = int.MaxValue;

    /// <summary>Whether it has come to that.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Called before a file is opened to be read, as something may happen to it then.</summary>
    public Action<string>? BeforeRead { get; set; }

    /// <summary>Comes before a file's content is made durable.</summary>
    public Action? BeforeSync { get; set; }

    /// <summary>What was to be reserved for each file that was opened.</summary>
    public List<long> Reserved { get; } = [];

    /// <summary>All that was refused goes through again, and nothing is forgotten.</summary>
    public void Revive() => (IsDead, ChangesToLive) = (false, int.MaxValue);

    /// <param name="losesNames">Whether files that were made, renamed or deleted since the directory was synced are as they were then; else as they are.</param>
    public void Crash(bool losesNames = false)
    {
        Revive();
        if (losesNames)
        {
            _files.Clear();
            foreach (var (name, content) in _syncedNames)
                _files[name] = content;
        }

        foreach (var file in _files.Values)
            file.Now = [.. file.Synced];
    }

    public IDiskFile Open(string path, long preallocate = 0)
    {
        lock (_gate)
        {
            ThrowIfDead();
            if (!_files.TryGetValue(path, out var content))
                _files[path] = content = new Content();
            Reserved.Add(preallocate);
            return new OpenFile(this, content);
        }
    }

    public IDiskFile OpenRead(string path)
    {
        BeforeRead?.Invoke(path);
        lock (_gate)
        {
            ThrowIfDead();
            return new OpenFile(this, _files.TryGetValue(path, out var content) ? content : throw new FileNotFoundException("It is gone.", path));
        }
    }

    public bool Exists(string path)
    {
        lock (_gate)
            return _files.ContainsKey(path);
    }

    public void CreateDirectory(string path)
    {
    }

    public IReadOnlyList<string> List(string directory, string pattern)
    {
        lock (_gate)
            return [.. _files.Keys.Order(StringComparer.Ordinal)];
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            Change();
            _files.Remove(path);
        }
    }

    public byte[] ReadAll(string path)
    {
        lock (_gate)
            return [.. _files[path].Now];
    }

    public void Replace(string path, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            Change();
            _syncedNames[path] = _files[path] = new Content { Now = [.. content], Synced = [.. content] };
        }
    }

    public void Rename(string path, string name)
    {
        lock (_gate)
        {
            Change();
            _files.Remove(path, out var content);
            _files[name] = content!;
        }
    }

    public void SyncDirectory(string directory)
    {
        lock (_gate)
        {
            Change();
            _syncedNames = new Dictionary<string, Content>(_files, StringComparer.Ordinal);
        }
    }

    public long FreeBytes(string path) => Free;

    private void Change()
    {
        ThrowIfDead();
        if (ChangesToLive-- > 0)
            return;
        IsDead = true;
        ThrowIfDead();
    }

    private void ThrowIfDead()
    {
        if (IsDead)
            throw new IOException("The process was killed.");
    }

    private sealed class Content
    {
        public List<byte> Now { get; set; } = [];

        public byte[] Synced { get; set; } = [];
    }

    private sealed class OpenFile(ForgetfulDisk disk, Content content) : IDiskFile
    {
        public long Length
        {
            get
            {
                lock (disk._gate)
                    return content.Now.Count;
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            lock (disk._gate)
            {
                disk.ThrowIfDead();
                Put(disk.ChangesToLive == 0 ? bytes[..(bytes.Length / 2)] : bytes, (int)offset);
                disk.Change();
                disk.Events.Add("write");
            }
        }

        public int Read(Span<byte> bytes, long offset)
        {
            lock (disk._gate)
            {
                disk.ThrowIfDead();
                var read = (int)Math.Clamp(content.Now.Count - offset, 0, bytes.Length);
                if (read > 0)
                    CollectionsMarshal.AsSpan(content.Now).Slice((int)offset, read).CopyTo(bytes);
                return read;
            }
        }

        public void Sync()
        {
            disk.BeforeSync?.Invoke();
            lock (disk._gate)
            {
                if (disk.SyncFails)
                    throw new IOException("The disk is gone.");
                disk.Change();
                content.Synced = [.. content.Now];
                disk.Events.Add("sync");
            }
        }

        public void Dispose()
        {
        }

        private void Put(ReadOnlySpan<byte> bytes, int offset)
        {
            if (content.Now.Count < offset + bytes.Length)
                CollectionsMarshal.SetCount(content.Now, offset + bytes.Length);
            bytes.CopyTo(CollectionsMarshal.AsSpan(content.Now)[offset..]);
        }
    }
}
