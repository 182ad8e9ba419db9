namespace Atlas.Pipeline.Ledger;

/// <summary>Keeps the WAL short: copies it to the database on a thread and connection of its own, and has the writer begin it anew when it grows too long.</summary>
/// <remarks>
/// While the writer is busy a copy never ends at the WAL's end, so nobody but the writer can begin it anew, and the writer must not wait for the disk long.
/// Therefore the keeper copies and syncs first, and asks then: what is left for the writer is what came meanwhile.
/// </remarks>
internal sealed class WalKeeper : IDisposable
{
    private const int PageSize = 8_192;

    /// <summary>Pages between two copies, by estimate: some for every commit, some for its rows.</summary>
    private const int PagesBetween = 512;
    private const int PagesPerCommit = 16;
    private const int RowsPerPage = 32;

    private readonly SqlConnection _connection;
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private readonly int _longest;
    private volatile bool _isEnding;
    private volatile bool _isTooLong;
    private int _pages;

    /// <param name="file">The database.</param>
    /// <param name="longest">Bytes in the WAL from which it is begun anew; readers may let it grow longer.</param>
    public WalKeeper(string file, long longest = 64 * 1024 * 1024)
    {
        _longest = (int)(longest / PageSize);
        _connection = SqlConnection.Open(file);

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
    public void Committed(SqlConnection writer, int rows)
    {
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
        while (_due.WaitOne() && !_isEnding)
        {
            if (_connection.CheckpointPassive() <= _longest)
                continue;
            _connection.SyncDatabase();
            _isTooLong = true;
        }
    }
}
