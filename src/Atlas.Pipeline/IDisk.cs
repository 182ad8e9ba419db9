namespace Atlas.Pipeline;

/// <summary>The one door to files that are the pipeline's own (segments, the dedup index), so that a simulation can put a disk behind it that forgets what was not synced.</summary>
internal interface IDisk
{
    /// <summary>Opens a file for reading and writing at offsets; creates it if it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="preallocate">Bytes to reserve for a new file, if there is room for them. Its length stays what was written, and closing it gives the rest back.</param>
    IDiskFile Open(string path, long preallocate = 0);

    /// <summary>Opens a file that is there, to read it only.</summary>
    IDiskFile OpenRead(string path) => Open(path);

    bool Exists(string path);

    void CreateDirectory(string path);

    IReadOnlyList<string> List(string directory, string pattern);

    void Delete(string path);

    byte[] ReadAll(string path);

    /// <summary>Replaces a file as one step: after a crash either the old or the new content is there, whole.</summary>
    void Replace(string path, ReadOnlySpan<byte> content);

    /// <summary>Gives a file another name in its directory, as one step; what had that name is gone. Durable after <see cref="SyncDirectory"/>.</summary>
    void Rename(string path, string name);

    /// <summary>Returns when the names in a directory are durable: files that were made, renamed or deleted. Throws <see cref="IOException"/> when they are not.</summary>
    void SyncDirectory(string directory);

    /// <summary>Bytes free for us on the file system that holds <paramref name="path"/>.</summary>
    long FreeBytes(string path);

    /// <summary>Bytes that the file system that holds <paramref name="path"/> has in all; a disk that has no end says the greatest number.</summary>
    long TotalBytes(string path) => long.MaxValue;
}

/// <summary>An open file of the pipeline's own.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    void Write(ReadOnlySpan<byte> bytes, long offset);

    int Read(Span<byte> bytes, long offset);

    /// <summary>Returns when everything written is durable; throws <see cref="IOException"/> when it is not, and then nobody knows what is.</summary>
    void Sync();
}
