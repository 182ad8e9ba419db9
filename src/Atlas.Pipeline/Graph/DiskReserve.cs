using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Graph;

/// <summary>Keeps room on the disk of the state directory: below it nothing new is taken in until there is room again, as SQLite cannot even delete on a full disk.</summary>
/// <remarks>
/// Looks once a second, and at once when what has passed since the last look could have used up what was free above the reserve: so how fast a run is does not matter.
/// Of the reserve itself may be used, before the pause holds: what the queues have taken already (<see cref="Topology.MemoryBound"/>), the copy of the WAL into the database (64 MiB), one message for each
/// caller, and what others write to the same disk within a second. What frees or finishes is never asked: outcomes, releases, retries.
/// The lock covers every field but <c>_allowance</c>, which any caller counts down.
/// </remarks>
internal sealed partial class DiskReserve : IDisposable
{
    /// <summary>What is kept by default, unless the disk is so small that it is more than a twentieth of it.</summary>
    public const long DefaultBytes = 512L << 20;

    private const int SmallestShare = 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _directory;
    private readonly IDisk _disk;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private string? _guarded;

    /// <summary>Completed when there is room again; null while there is room.</summary>
    private volatile TaskCompletionSource? _room;
    private long _allowance;
    private long _free;

    /// <param name="directory">The state directory; it exists.</param>
    /// <param name="bytes">What is kept free; 0 keeps nothing, null the default.</param>
    /// <param name="seams">Disk, time and log.</param>
    /// <exception cref="IOException">The disk cannot be asked.</exception>
    public DiskReserve(string directory, long? bytes, Seams seams)
    {
        _directory = directory;
        _disk = seams.Disk;
        _log = seams.Logs.CreateLogger("Atlas.Pipeline.Graph");
        Bytes = bytes ?? Math.Min(DefaultBytes, _disk.TotalBytes(directory) / SmallestShare);
        Look();
        if (_failure.Task.Exception is { } refused)
            throw refused.GetBaseException();
        _timer = seams.Time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
    }

    /// <summary>What is kept free.</summary>
    public long Bytes { get; }

    /// <summary>What was free at the last look.</summary>
    public long FreeBytes => Interlocked.Read(ref _free);

    /// <summary>Whether what is new has to wait.</summary>
    public bool IsPaused => _room is not null;

    /// <summary>Faults when the state directory is gone or its disk does not answer.</summary>
    public Task Failure => _failure.Task;

    /// <summary>Free bytes from which what waits goes on: a little above the reserve, so that it does not stop again at once.</summary>
    private long GoesOnAt => Bytes + (Bytes / 8);

    /// <summary>From now on a look also sees whether this file is there: to an open file that was deleted one can write for ever, and nothing of it is kept.</summary>
    public void Guard(string file)
    {
        lock (_gate)
            _guarded = file;
    }

    /// <summary>Lets something pass that will be written; waits while there is no room. The one that crosses the line passes.</summary>
    /// <param name="bytes">About what it will take on the disk; too much only means a look too many.</param>
    /// <param name="leave">Ends the waiting.</param>
    /// <returns>False when it was ended: there is no room, and the caller says what is to become of it.</returns>
    /// <exception cref="IOException">The state directory is gone or its disk does not answer.</exception>
    public ValueTask<bool> PassAsync(long bytes, CancellationToken leave)
    {
        if (Bytes == 0 || (!IsPaused && Interlocked.Add(ref _allowance, -bytes) + bytes > 0))
            return new ValueTask<bool>(true);
        return WaitAsync(bytes, leave);
    }

    /// <summary>Whether so much more may be written now without touching the reserve.</summary>
    public bool HasRoomFor(long bytes)
    {
        if (Bytes == 0)
            return true;
        lock (_gate)
        {
            Look_Locked();
            return !IsPaused && Interlocked.Read(ref _allowance) >= bytes;
        }
    }

    /// <summary>What to tell of a run that failed: where a file was missing because the whole directory is gone, that.</summary>
    public Exception Explain(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            // For these alone: a disk that hangs would not answer here either.
            if (cause is not (DirectoryNotFoundException or FileNotFoundException))
                continue;
            Look();
            return _failure.Task.Exception?.GetBaseException() ?? failure;
        }

        return failure;
    }

    public void Dispose() => _timer.Dispose();

    private async ValueTask<bool> WaitAsync(long bytes, CancellationToken leave)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (!IsPaused)
                    Look_Locked();
                if (_failure.Task.Exception is { } failure)
                    throw failure.GetBaseException();
                if (!IsPaused)
                {
                    Interlocked.Add(ref _allowance, -bytes);
                    return true;
                }

                room = _room!.Task;
            }

            try
            {
                await room.WaitAsync(leave);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    private void Look()
    {
        lock (_gate)
            Look_Locked();
    }

    private void Look_Locked()
    {
        if (_failure.Task.IsCompleted)
            return;

        long free;
        try
        {
            if (_guarded is { } file && !_disk.Exists(file))
                throw new FileNotFoundException($"{file} is gone.", file);
            free = _disk.FreeBytes(_directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Fail_Locked(new IOException($"The state directory {_directory} was taken away: {error.Message}", error));
            return;
        }

        Interlocked.Exchange(ref _free, free);
        Interlocked.Exchange(ref _allowance, free - Bytes);
        if (Bytes == 0)
            return;
        if (_room is null && free <= Bytes)
        {
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            LogPaused(Mebibytes(free), _directory, Mebibytes(Bytes), Mebibytes(GoesOnAt));
        }
        else if (_room is { } room && free >= GoesOnAt)
        {
            _room = null;
            room.SetResult();
            LogResumed(Mebibytes(free), _directory);
        }
    }

    private void Fail_Locked(IOException error)
    {
        _failure.TrySetException(error);
        _room?.TrySetException(error);
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024.0):0.0} MiB");

    [LoggerMessage(200, LogLevel.Warning, "Nothing new is taken in: {Free} are free for {Directory}, and {Reserve} are kept (disk_reserve_bytes). It goes on by itself at {GoesOn}.")]
    private partial void LogPaused(string free, string directory, string reserve, string goesOn);

    [LoggerMessage(201, LogLevel.Warning, "There is room again, {Free} for {Directory}; it goes on.")]
    private partial void LogResumed(string free, string directory);
}
