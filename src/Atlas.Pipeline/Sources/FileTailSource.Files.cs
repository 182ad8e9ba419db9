using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Sources;

/// <content>Which files there are, and where to begin in them.</content>
internal sealed partial class FileTailSource
{
    private const int TailSearch = 64 * 1024;

    private void FindFiles()
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pattern in _options.Paths)
        {
            var found = Matching(pattern);
            if (found.Count == 0 && !PathGlob.HasWildcards(pattern))
                ReportMissing(pattern);
            foreach (var path in found)
            {
                if (FileIdentity.OfPath(path) is { } identity)
                    seen.TryAdd(identity, path);
            }
        }

        foreach (var file in _files)
        {
            var wasGone = file.IsGone;
            file.IsGone = !seen.Remove(file.Identity, out var path);
            if (file.IsGone && !wasGone)
                file.IdleLooks = 0;
            if (path is null || path == file.Path)
                continue;
            file.Path = path;
            file.WasRenamed = true;
            file.IdleLooks = 0;
        }

        foreach (var path in seen.Values)
            TryOpen(path);
        _isFirstLook = false;
    }

    private IReadOnlyList<string> Matching(string pattern)
    {
        try
        {
            return PathGlob.Find(pattern);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Something went away while it was being looked at: the next look sees what is there then.
            ReportOnce(pattern, error);
            return [];
        }
    }

    // After the first look a file that is gone has been read, or another pattern found it under its new name.
    private void ReportMissing(string path)
    {
        var state = Directory.Exists(path) ? "is a directory" : "is not there";
        if (!_options.Follow && _isFirstLook)
            throw new FileNotFoundException($"File {path} {state}, and with follow: false nothing waits for it.");
        if (_reported.Add(path))
            LogMissing(path, state);
    }

    private void TryOpen(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var identity = FileIdentity.OfOpen(handle, path);
            if (identity is null || _files.Exists(file => file.Identity == identity))
            {
                handle.Dispose();
                return;
            }

            var lines = new LineBatcher(_name, _pool, _progress, _seams);
            var length = RandomAccess.GetLength(handle);
            lines.StartAt(identity, PlaceToBegin(handle, identity, length));
            Interlocked.Add(ref _bytesFound, length - lines.Position);
            _files.Add(new TailedFile(identity, path, handle, lines));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            ReportOnce(path, error);
        }
    }

    private long PlaceToBegin(SafeFileHandle handle, string identity, long length)
    {
        var place = _failedAt.Remove(identity, out var failedAt) ? failedAt : _resumeOffset(identity);
        if (place > 0)
            return place <= length ? place : 0;
        if (!_isFirstLook || !_options.StartsAtEnd)
            return 0;

        // The end is committed, or a run that saw no line would make the next one start at a later end.
        var end = EndOfWholeLines(handle, length);
        CommitPlace(identity, end);
        return end;
    }

    // The last line may be half written: it is read when it is whole.
    private static long EndOfWholeLines(SafeFileHandle handle, long length)
    {
        var tail = new byte[Math.Min(length, TailSearch)];
        var from = length - tail.Length;
        var read = RandomAccess.Read(handle, tail, from);
        var newline = tail.AsSpan(0, read).LastIndexOf((byte)'\n');
        return newline >= 0 ? from + newline + 1 : length;
    }
}
