namespace Atlas.Pipeline.Ledger;

/// <summary>Keeps what went wrong each time a URL was tried, until it is done. The writer's thread alone.</summary>
internal sealed class AttemptWriter
{
    /// <summary>Tries that are kept of one URL, the last ones: a host may ask us to wait for ever.</summary>
    public const int MostKept = 32;

    private readonly SqlStatement _note, _trim, _forget;
    private readonly TimeProvider _time;

    public AttemptWriter(SqlConnection connection, TimeProvider time)
    {
        _time = time;
        _note = connection.Prepare("""
            INSERT INTO attempts(seq, n, at, status, latency_ms, reason, error) VALUES(?1, coalesce((SELECT max(n) FROM attempts WHERE seq = ?1), 0) + 1, ?2, ?3, ?4, ?5, ?6) RETURNING n
            """);
        _trim = connection.Prepare("DELETE FROM attempts WHERE seq = ?1 AND n <= ?2");
        _forget = connection.Prepare("DELETE FROM attempts WHERE seq = ?1");
    }

    /// <summary>A try has failed. Of a document that is asked for again its row says so.</summary>
    public void Note(WorkItem item, Reason reason, string detail)
    {
        if (item.Again is not null)
            return;
        var now = _time.GetUtcNow();
        var latency = item.SentAt == 0 ? 0 : (now.UtcTicks - item.SentAt) / TimeSpan.TicksPerMillisecond;
        _note.Bind(1, item.Sequence).Bind(2, now.ToUnixTimeMilliseconds()).Bind(3, reason.Status).Bind(4, Math.Max(0, latency)).Bind(5, reason.Name).Bind(6, detail).Step();
        var number = _note.Int64(0);
        _note.Step();
        _note.Reset();
        if (number > MostKept)
            _trim.Bind(1, item.Sequence).Bind(2, number - MostKept).Run();
    }

    /// <summary>The URL is done: what went wrong before is not asked for any more.</summary>
    public void Forget(WorkItem item)
    {
        // Most URLs are done at their first try, and nothing is looked for.
        if (item.Attempt > 1 || item.Deferrals > 0 || item.Requests > 0)
            _forget.Bind(1, item.Sequence).Run();
    }
}
