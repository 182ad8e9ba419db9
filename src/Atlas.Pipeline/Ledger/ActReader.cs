namespace Atlas.Pipeline.Ledger;

/// <summary>What was done to many dead letters at once.</summary>
/// <param name="At">When.</param>
/// <param name="Who">Who has asked for it.</param>
/// <param name="What">replay, purge, import, hold, release, …</param>
/// <param name="Filter">By what they were chosen.</param>
/// <param name="Count">How many.</param>
/// <param name="Detail">What has come of it.</param>
internal sealed record LetterAct(DateTimeOffset At, string Who, string What, string Filter, long Count, string Detail);

/// <summary>What an operator holds back.</summary>
/// <param name="Kind">host or reason.</param>
/// <param name="Value">Which one.</param>
/// <param name="At">Since when.</param>
/// <param name="Who">Who has asked for it.</param>
/// <param name="Note">Why.</param>
internal sealed record Hold(string Kind, string Value, DateTimeOffset At, string Who, string Note);

/// <summary>Reads what operators have done, on a read-only connection beside the writer or without one. One caller at a time.</summary>
internal sealed class ActReader : IDisposable
{
    private readonly SqlConnection _connection;

    /// <exception cref="StateDamagedException">The file is no ledger of this version, or its keys are by other rules.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public ActReader(string file) => _connection = LedgerSchema.OpenForReading(file);

    /// <summary>The newest first.</summary>
    public IReadOnlyList<LetterAct> Acts(int most)
    {
        var acts = new List<LetterAct>();
        var rows = _connection.Prepare("SELECT at, who, act, filter, count, detail FROM acts ORDER BY id DESC LIMIT ?1").Bind(1, most);
        while (rows.Step())
            acts.Add(new LetterAct(TimeOf(rows.Int64(0)), rows.Text(1), rows.Text(2), rows.Text(3), rows.Int64(4), rows.Text(5)));
        rows.Reset();
        return acts;
    }

    public IReadOnlyList<Hold> Holds()
    {
        var holds = new List<Hold>();
        var rows = _connection.Prepare("SELECT kind, value, at, who, note FROM holds ORDER BY kind, value");
        while (rows.Step())
            holds.Add(new Hold(rows.Text(0), rows.Text(1), TimeOf(rows.Int64(2)), rows.Text(3), rows.Text(4)));
        rows.Reset();
        return holds;
    }

    /// <summary>The replay that was cut short, if there is one.</summary>
    public Replay? Unfinished()
    {
        var rows = _connection.Prepare("SELECT id, filter, who, wanted, left_here, died_again, ceiling FROM replays WHERE ended_at IS NULL ORDER BY id LIMIT 1");
        var replay = rows.Step() ? new Replay(rows.Int64(0), rows.Text(1), rows.Text(2), rows.Int64(3), rows.Int64(4), rows.Int64(5)) { Ceiling = rows.Int64(6) } : null;
        rows.Reset();
        return replay;
    }

    /// <summary>The letters that a filter has replayed and that are letters still or again.</summary>
    public IReadOnlySet<long> ReplayedBy(string filter)
    {
        var letters = new HashSet<long>();
        var rows = _connection.Prepare("SELECT p.seq FROM replayed p WHERE p.filter = ?1 AND (EXISTS(SELECT 1 FROM refused r WHERE r.seq = p.seq) OR EXISTS(SELECT 1 FROM dead d WHERE d.seq = p.seq))").Bind(1, filter);
        while (rows.Step())
            letters.Add(rows.Int64(0));
        rows.Reset();
        return letters;
    }

    public void Dispose() => _connection.Dispose();

    private static DateTimeOffset TimeOf(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds);
}
