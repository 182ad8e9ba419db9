namespace Atlas.Pipeline.Write;

/// <summary>A file that lines are appended to, and whose last line may be torn: a run that was killed while it wrote left a part of one.</summary>
internal static class LineFile
{
    /// <summary>Bytes: more than the longest line that is written. A URL of 64 KiB, escaped, with its canonical form stays below.</summary>
    private const int LongestLine = 1 << 20;

    /// <summary>Opens a file behind its last whole line and cuts off what follows that: its batch was not settled, so its lines come again. What is no file (a pipe, a device) is opened as it is.</summary>
    /// <exception cref="IOException">It cannot be opened, or does not end as a file of lines can: then it is left alone.</exception>
    public static FileStream OpenToAppend(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        if (!file.CanSeek)
            return file;
        try
        {
            var end = EndOfLastLine(path, file.Length);
            if (end < file.Length)
                file.SetLength(end);
            file.Seek(end, SeekOrigin.Begin);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static long EndOfLastLine(string path, long length)
    {
        if (length == 0)
            return 0;
        var start = Math.Max(0, length - LongestLine);
        var tail = new byte[length - start];
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0))
        {
            file.Seek(start, SeekOrigin.Begin);
            file.ReadExactly(tail);
        }

        var end = start + tail.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (end == start && start > 0)
            throw new IOException($"{path} is no file of lines: there is no line end in its last {LongestLine >> 10} KiB. Nothing is appended to it; name another file.");
        return end;
    }
}
