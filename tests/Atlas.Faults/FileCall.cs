namespace Atlas.Faults;

/// <summary>What is asked of a file.</summary>
internal enum FileOperation
{
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Length,
    Lock,

    /// <summary>Mapping or locking the index that SQLite's connections share about a WAL.</summary>
    Share,
    Exists,
    Delete,
    Replace,

    /// <summary>Of the file's new name.</summary>
    Rename,
    List,
    CreateDirectory,
}

/// <summary>One operation on one file, before or after it is done.</summary>
/// <param name="Operation">What.</param>
/// <param name="Path">On which file.</param>
/// <param name="Offset">In bytes from the start of the file; 0 where it means nothing.</param>
internal readonly record struct FileCall(FileOperation Operation, string Path, long Offset = 0);

/// <summary>How an operation is to end.</summary>
internal enum Ending
{
    Done,

    /// <summary>Not done: an I/O error.</summary>
    Fails,

    /// <summary>Not done: no space is left.</summary>
    IsFull,

    /// <summary>Half of the bytes are written, then no space is left.</summary>
    IsShort,
}
