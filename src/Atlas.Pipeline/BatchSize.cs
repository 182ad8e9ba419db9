namespace Atlas.Pipeline;

/// <summary>How many lines travel and are committed together: found by what commits take and by how full the way to the ledger is.</summary>
/// <remarks>
/// Every few commits it looks back on them. Slower than the goal, with groups that the size has bounded: smaller. Well within the goal and the queue full: larger. Queue nearly empty and groups far below the size: smaller
/// again, so that what comes next after a quiet time is not held up. Anything between leaves it as it is, and a step needs several commits that agree, so it does not swing.
/// A smaller group that is no faster says that the time is the disk's own and not the rows': then the size goes back up and stays for a while, as small groups would only cost throughput.
/// <see cref="Observe"/> is the ledger's writer's alone; any thread may read the rest.
/// </remarks>
internal sealed class BatchSize
{
    /// <summary>Commits between two decisions.</summary>
    private const int Window = 8;

    /// <summary>Windows without shrinking after shrinking has turned out to be of no use.</summary>
    private const int Rest = 64;

    private const double FullShare = 0.5;
    private const double EmptyShare = 0.1;

    /// <summary>Below this share of the goal a group may grow: the gap between shrinking and growing is what keeps it from swinging.</summary>
    private const double WellWithin = 0.6;

    /// <summary>A batch is worth a message from so many lines on.</summary>
    private const int LeastLines = 64;

    /// <summary>Batches in a group, so that it can end close to its size.</summary>
    private const int BatchesPerGroup = 16;

    private readonly AdmissionOptions _options;
    private int _rows;
    private double _seconds;

    // Of the window that is being filled.
    private int _commits;
    private double _slowness;
    private double _fullness;
    private long _written;

    // What a group took before it was last made smaller, to see whether that was of use; 0 when there is nothing to see.
    private double _before;
    private int _rest;

    // Of all commits.
    private long _allCommits;
    private long _allRows;
    private double _allSeconds;

    public BatchSize(AdmissionOptions options)
    {
        _options = options;
        _rows = options.MaxBatch;
    }

    /// <summary>Rows that one commit may take; a group ends with the batch that reaches it. Always within the settings' limits.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Lines that a source puts into one batch at most.</summary>
    public int Lines => Math.Clamp(Rows / BatchesPerGroup, Math.Min(LeastLines, _options.MaxBatch), Math.Min(UrlBatch.MaxRows, _options.MaxBatch));

    /// <summary>As it stands now.</summary>
    public CommitPace Look()
    {
        var commits = Volatile.Read(ref _allCommits);
        return new CommitPace(
            Rows,
            TimeSpan.FromSeconds(Volatile.Read(ref _seconds)),
            commits,
            commits == 0 ? 0 : Volatile.Read(ref _allRows) / (double)commits,
            TimeSpan.FromSeconds(commits == 0 ? 0 : Volatile.Read(ref _allSeconds) / commits));
    }

    /// <summary>Takes one commit into account.</summary>
    /// <param name="rows">Rows that it wrote.</param>
    /// <param name="took">From its beginning until it was durable.</param>
    /// <param name="fullness">How full the queue in front of the writer is, from 0 to 1.</param>
    public void Observe(int rows, TimeSpan took, double fullness)
    {
        _commits++;
        _slowness += took.TotalSeconds;
        _fullness += fullness;
        _written += rows;
        Volatile.Write(ref _allRows, _allRows + rows);
        Volatile.Write(ref _allSeconds, _allSeconds + took.TotalSeconds);
        Volatile.Write(ref _allCommits, _allCommits + 1);
        if (_commits < Window)
            return;

        var seconds = _slowness / _commits;
        Volatile.Write(ref _seconds, seconds);
        Volatile.Write(ref _rows, Math.Clamp(Next(seconds, _fullness / _commits, _written / (double)_commits), _options.MinBatch, _options.MaxBatch));
        (_commits, _slowness, _fullness, _written) = (0, 0, 0, 0);
    }

    private int Next(double seconds, double fullness, double written)
    {
        var goal = _options.CommitTime.TotalSeconds;
        var isBounded = written * 2 >= _rows;
        if (_rest > 0)
            _rest--;
        if (seconds > goal && isBounded && _rest == 0 && _rows > _options.MinBatch)
        {
            if (_before > 0 && seconds > _before * 0.9)
            {
                (_before, _rest) = (0, Rest);
                return _options.MaxBatch;
            }

            _before = seconds;
            return _rows / 2;
        }

        if (seconds <= goal || !isBounded)
            _before = 0;
        if (fullness >= FullShare && seconds < goal * WellWithin)
            return _rows + (_rows / 4) + 1;
        return fullness <= EmptyShare && !isBounded ? _rows - (_rows / 4) : _rows;
    }
}

/// <summary>How rows were gathered into commits.</summary>
/// <param name="Size">Rows that one commit may take now.</param>
/// <param name="Lately">What a commit took over the last few.</param>
/// <param name="Commits">Commits that wrote rows, in this run.</param>
/// <param name="MeanRows">Rows in one of them.</param>
/// <param name="MeanTime">What one of them took.</param>
internal sealed record CommitPace(int Size, TimeSpan Lately, long Commits, double MeanRows, TimeSpan MeanTime);
