using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Sources;

/// <content>What the source says: event ids 1000 to 1099.</content>
internal sealed partial class FileTailSource
{
    /// <exception cref="IOException">Nothing is followed: there is no later look that could read it.</exception>
    private void ReportOnce(string path, Exception error)
    {
        if (!_options.Follow)
            throw new IOException($"File {path} cannot be read: {error.Message}", error);
        if (_reported.Add(path))
            LogUnreadable(path, error.Message);
    }

    [LoggerMessage(1000, LogLevel.Warning, "File {Path} cannot be read and is tried again at every look: {Message}")]
    private partial void LogUnreadable(string path, string message);

    [LoggerMessage(1001, LogLevel.Warning, "File {Path} {State}; it is read when there is a file.")]
    private partial void LogMissing(string path, string state);

    [LoggerMessage(1002, LogLevel.Information, "File {Path} became shorter and is read from its beginning.")]
    private partial void LogTruncated(string path);
}
