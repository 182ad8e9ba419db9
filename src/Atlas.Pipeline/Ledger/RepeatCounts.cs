using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Atlas.Pipeline.Ledger;

/// <summary>How often each refused line came again, and when last. The writer's thread alone; nothing is allocated for a line.</summary>
/// <remarks>
/// A row for each repeat would cost more than the line itself is worth: counts are gathered in memory and added to <c>refused_again</c> every few seconds, a few with each commit, and all of them when the ledger is closed.
/// So what comes again and again is counted each time, and a flood of different lines, each once more, in part: what finds no room in memory is missing in the counts of single lines, as is what the process had gathered when it was killed. The books count every line all the same.
/// </remarks>
internal sealed class RepeatCounts
{
    /// <summary>Lines whose counts are written in one commit: some 5 µs each.</summary>
    private const int MostPerCommit = 16, MostWhenIdle = 256;

    private static readonly TimeSpan GatheredFor = TimeSpan.FromSeconds(2);

    private readonly SqlStatement _add;
    private readonly TimeProvider _time;

    // By fingerprint, which every line has that came by the dedup stage.
    private RepeatTable _gathering = new();
    private RepeatTable _saving = new();
    private long _begunAt;

    public RepeatCounts(SqlConnection connection, TimeProvider time)
    {
        _add = connection.Prepare("INSERT INTO refused_again(content_id, count, last_at) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)");
        _time = time;
    }

    /// <param name="batch">The line's batch.</param>
    /// <param name="row">The line: its content id is made for the first of its repeats, as most have none yet.</param>
    /// <param name="now">Unix time in milliseconds.</param>
    public void Add(UrlBatch batch, ref UrlRow row, long now)
    {
        if (_gathering.Count == 0)
            _begunAt = _time.GetTimestamp();
        ref var repeats = ref _gathering.Find(batch.FingerprintOf(ref row), out var isNew);
        if (isNew)
            repeats = new Repeats(batch.IdOf(ref row), 1, now);
        else if (!Unsafe.IsNullRef(ref repeats))
            (repeats.Count, repeats.LastAt) = (repeats.Count + 1, now);
    }

    /// <summary>Inside a transaction: adds some of what has been gathered for long enough.</summary>
    /// <param name="isIdle">Whether the transaction has little else to do.</param>
    public void SaveSome(bool isIdle)
    {
        if (_saving.Count == 0 && !Swap(GatheredFor))
            return;
        Save(isIdle ? MostWhenIdle : MostPerCommit);
    }

    /// <summary>Inside a transaction: adds all of it.</summary>
    public void SaveAll()
    {
        do
        {
            Save(int.MaxValue);
        }
        while (Swap(TimeSpan.Zero));
    }

    private bool Swap(TimeSpan after)
    {
        if (_gathering.Count == 0 || (_gathering.Count < RepeatTable.Places / 2 && _time.GetElapsedTime(_begunAt) < after))
            return false;
        (_gathering, _saving) = (_saving, _gathering);
        return true;
    }

    private void Save(int most)
    {
        Span<byte> id = stackalloc byte[16];
        for (var saved = 0; saved < most && _saving.TryTake(out var repeats); saved++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(id, repeats.Id);
            _add.BindBlob(1, id).Bind(2, repeats.Count).Bind(3, repeats.LastAt).Run();
        }
    }
}
