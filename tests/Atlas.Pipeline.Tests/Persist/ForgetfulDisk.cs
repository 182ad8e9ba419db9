namespace Atlas.Pipeline.Tests.Persist;

/// <summary>A disk in memory. After <see cref="Crash"/> it holds only what was synced.</summary>
internal sealed class ForgetfulDisk : IDisk
{
    private readonly Dictionary<string, Content> _files = new(StringComparer.Ordinal);

    /// <summary>What happened, in order; the fake ledger writes here too.</summary>
    public List<string> Events { get; } = [];

    public bool SyncFails { get; set; }

    /// <summary>Bytes that are free, whatever is written.</summary>
    public long Free { get; set; } = long.MaxValue;

    /// <summary>What was to be reserved for each file that was opened.</summary>
    public List<long> Reserved { get; } = [];

    public void Crash()
    {
        foreach (var file in _files.Values)
            file.Now = [.. file.Synced];
    }

    public IDiskFile Open(string path, long preallocate = 0)
    {
        if (!_files.TryGetValue(path, out var content))
            _files[path] = content = new Content();
        Reserved.Add(preallocate);
        return new OpenFile(this, content);
    }

    public bool Exists(string path) => _files.ContainsKey(path);

    public void CreateDirectory(string path)
    {
    }

    public IReadOnlyList<string> List(string directory, string pattern) => [.. _files.Keys.Order(StringComparer.Ordinal)];

    public void Delete(string path) => _files.Remove(path);

    public byte[] ReadAll(string path) => [.. _files[path].Now];

    public void Replace(string path, ReadOnlySpan<byte> content) => _files[path] = new Content { Now = [.. content], Synced = [.. content] };

    public long FreeBytes(string path) => Free;

    private sealed class Content
    {
        public List<byte> Now { get; set; } = [];

        public byte[] Synced { get; set; } = [];
    }

    private sealed class OpenFile(ForgetfulDisk disk, Content content) : IDiskFile
    {
        public long Length => content.Now.Count;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            while (content.Now.Count < offset + bytes.Length)
                content.Now.Add(0);
            for (var at = 0; at < bytes.Length; at++)
                content.Now[(int)offset + at] = bytes[at];
            disk.Events.Add("write");
        }

        public int Read(Span<byte> bytes, long offset)
        {
            var read = (int)Math.Clamp(content.Now.Count - offset, 0, bytes.Length);
            for (var at = 0; at < read; at++)
                bytes[at] = content.Now[(int)offset + at];
            return read;
        }

        public void Sync()
        {
            if (disk.SyncFails)
                throw new IOException("The disk is gone.");
            content.Synced = [.. content.Now];
            disk.Events.Add("sync");
        }

        public void Dispose()
        {
        }
    }
}
