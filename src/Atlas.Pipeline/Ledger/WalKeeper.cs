namespace Atlas.Pipeline.Ledger;

/// <summary>Keeps the WAL short: copies it to the database on a thread and connection of its own, and has the writer empty it when readers let it grow too long.</summary>
internal sealed class WalKeeper : IDisposable
{
    private const int PageSize = 8_192;
    private const int LongestWal = 64 * 1024 * 1024 / PageSize;

    /// <summary>Pages between two copies, by estimate: some for every commit, some for its rows.</summary>
    private const int PagesBetween = 512;
    private const int PagesPerCommit = 16;
    private const int RowsPerPage = 32;

    private readonly SqlConnection _connection;
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private volatile bool _isEnding;
    private volatile bool _isTooLong;
    private int _pages;

    public WalKeeper(string file)
    {
        _connection = SqlConnection.Open(file);
        _thread = new Thread(Run) { IsBackground = true, Name = "ledger checkpoints" };
        _thread.Start();
    }

    /// <summary>The writer's thread, between two transactions.</summary>
    public void Committed(SqlConnection writer, int rows)
    {
        _pages += PagesPerCommit + rows / RowsPerPage;
        if (_isTooLong)
        {
            _isTooLong = false;
            writer.CheckpointTruncate();
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
            _isTooLong = _connection.CheckpointPassive() > LongestWal;
    }
}
