using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Atlas.Pipeline.Ledger;

/// <summary>Keeps the WAL short: copies it to the database on a thread and connection of its own, and has the writer begin it anew when it grows too long.</summary>
/// <remarks>
/// While the writer is busy a copy never ends at the WAL's end, so nobody but the writer can begin it anew, and the writer must not wait for the disk long.
/// Therefore the keeper copies and syncs first, and asks then: what is left for the writer is what came meanwhile. It syncs after every copy: a sync of all copies at once would stand in the disk's queue before the writer's commits.
/// A copy that fails loses nothing, as the WAL keeps what is not copied; but if none succeeds, the WAL grows until the disk is full. So it is said at once, and after a few in a row, or when a sync has failed, it is the writer that fails.
/// </remarks>
internal sealed partial class WalKeeper : IDisposable
{
    private const int PageSize = 8_192;

    /// <summary>Pages between two copies, by estimate: some for every commit, some for its rows.</summary>
    private const int PagesBetween = 512;
    private const int PagesPerCommit = 16;
    private const int RowsPerPage = 32;

    /// <summary>Copies that may fail one after the other.</summary>
    private const int MostFailures = 5;

    private readonly SqlConnection _connection;
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private readonly ILogger _log;
    private readonly int _longest;
    private volatile bool _isEnding;
    private volatile bool _isTooLong;
    private volatile LedgerException? _failure;
    private int _pages;
    private int _failures;

    /// <param name="connection">To the database, for this alone: closed with the keeper.</param>
    /// <param name="log">Where failures are said.</param>
    /// <param name="longest">Bytes in the WAL from which it is begun anew; readers may let it grow longer.</param>
    public WalKeeper(SqlConnection connection, ILogger log, long longest = 64 * 1024 * 1024)
    {
        _longest = (int)(longest / PageSize);
        _log = log;
        _connection = connection;

        try
        {
            // A connection looks for a WAL when it reads for the first time.
            _connection.Scalar("SELECT count(*) FROM sqlite_schema");
            _thread = new Thread(Run) { IsBackground = true, Name = "ledger checkpoints" };
            _thread.Start();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>The writer's thread, between two transactions.</summary>
    /// <exception cref="LedgerException">The WAL cannot be kept short.</exception>
    public void Committed(SqlConnection writer, int rows)
    {
        if (_failure is { } failure)
            throw failure;

        _pages += PagesPerCommit + rows / RowsPerPage;
        if (_isTooLong)
        {
            _isTooLong = false;
            writer.CheckpointRestart();
        }
        else if (_pages >= PagesBetween)
        {
            _pages = 0;
            _due.Set();
        }
    }

    public void Dispose()
    {
        _isEnding = true;
        _due.Set();
        _thread.Join();
        _due.Dispose();
        _connection.Dispose();
    }

    private void Run()
    {
        while (_failure is null && _due.WaitOne() && !_isEnding)
        {
            try
            {
                var pages = _connection.CheckpointPassive();
                _failures = 0;
                _connection.SyncDatabase();
                _isTooLong = pages > _longest;
            }
            catch (LedgerException error)
            {
                Failed(error);
            }
        }
    }

    private void Failed(LedgerException error)
    {
        LogFailure(++_failures, error.Message);

        // After a failed sync the next one may succeed without having written anything.
        if (_failures >= MostFailures || error.SqliteError == raw.SQLITE_IOERR_FSYNC)
            _failure = error;
    }

    [LoggerMessage(4000, LogLevel.Warning, "The ledger's WAL could not be copied into its database ({Failures} in a row): {Message}")]
    private partial void LogFailure(int failures, string message);
}
