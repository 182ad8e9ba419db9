using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Atlas.Pipeline.Ledger;

/// <summary>How often each refused line came again, and when last. The writer's thread alone; nothing is allocated for a line.</summary>
/// <remarks>
/// A row for each repeat would cost more than the line itself is worth: counts are gathered in memory and added to <c>refused_again</c> every few seconds, a little with each commit, and all of them when the ledger is closed.
/// What the process had gathered when it was killed is missing in the counts of single lines, and what comes while both halves of the memory are full; the books count every line all the same.
/// </remarks>
internal sealed class RepeatCounts
{
    /// <summary>Different lines that are gathered at a time.</summary>
    public const int MostGathered = 65_536;

    /// <summary>Lines whose counts are written in one commit: a few milliseconds of it.</summary>
    private const int MostPerCommit = 256;

    private static readonly TimeSpan GatheredFor = TimeSpan.FromSeconds(2);

    private readonly SqlStatement _add;
    private readonly TimeProvider _time;
    private Dictionary<UInt128, Repeats> _gathering = [];
    private Dictionary<UInt128, Repeats> _saving = [];
    private Dictionary<UInt128, Repeats>.Enumerator _next;
    private long _begunAt;

    public RepeatCounts(SqlConnection connection, TimeProvider time)
    {
        _add = connection.Prepare("INSERT INTO refused_again(content_id, count, last_at) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)");
        _time = time;
    }

    /// <param name="id">The line's content id.</param>
    /// <param name="now">Unix time in milliseconds.</param>
    public void Add(UInt128 id, long now)
    {
        if (_gathering.Count == 0)
            _begunAt = _time.GetTimestamp();
        if (_gathering.Count == MostGathered && !_gathering.ContainsKey(id))
            return;
        ref var repeats = ref CollectionsMarshal.GetValueRefOrAddDefault(_gathering, id, out _);
        repeats = new Repeats(repeats.Count + 1, now);
    }

    /// <summary>Inside a transaction: adds some of what has been gathered for long enough.</summary>
    public void SaveSome()
    {
        if (_saving.Count == 0 && !Swap(GatheredFor))
            return;
        Save(MostPerCommit);
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
        if (_gathering.Count == 0 || (_gathering.Count < MostGathered / 2 && _time.GetElapsedTime(_begunAt) < after))
            return false;
        (_gathering, _saving) = (_saving, _gathering);
        _next = _saving.GetEnumerator();
        return true;
    }

    private void Save(int most)
    {
        if (_saving.Count == 0)
            return;
        Span<byte> id = stackalloc byte[16];
        for (var saved = 0; saved < most; saved++)
        {
            if (!_next.MoveNext())
            {
                _saving.Clear();
                return;
            }

            var (key, repeats) = _next.Current;
            BinaryPrimitives.WriteUInt128BigEndian(id, key);
            _add.BindBlob(1, id).Bind(2, repeats.Count).Bind(3, repeats.LastAt).Run();
        }
    }

    private readonly record struct Repeats(int Count, long LastAt);
}
