using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Finds the dead letters that came first, on a read-only connection. A letter is as old as it is here: one that was imported or migrated brings a time of its own, and counts from when it came. One caller at a time.</summary>
internal sealed class OldLetters : IDisposable
{
    private readonly SqlConnection _connection;
    private readonly SqlStatement _refused, _dead, _holds;
    private readonly List<(long FirstSequence, long BegunAt)> _runs = [];

    /// <exception cref="StateDamagedException">The file is no ledger of this version, or its keys are by other rules.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public OldLetters(string file)
    {
        _connection = LedgerSchema.OpenForReading(file);
        try
        {
            _refused = _connection.Prepare($"SELECT seq, packed, line FROM {LedgerSchema.Refused} WHERE seq > ?1 ORDER BY seq");
            _dead = _connection.Prepare($"SELECT seq, quarantined_at, failure_classification, CAST(source_url AS TEXT), died FROM {LedgerSchema.Dead} WHERE died > ?1 ORDER BY died");
            _holds = _connection.Prepare("SELECT kind, value FROM holds");
            var runs = _connection.Prepare("SELECT first_seq, begun_at FROM runs ORDER BY first_seq, epoch");
            while (runs.Step())
                _runs.Add((runs.Int64(0), runs.Int64(1)));
            runs.Reset();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Letters there are: reads all of them.</summary>
    public long Count => _connection.Scalar($"SELECT count(*) FROM {LedgerSchema.Refused}") + _connection.Scalar($"SELECT count(*) FROM {LedgerSchema.Dead}");

    /// <summary>Whether a replay has not come to its end: what is on its list must not go before it is decided on.</summary>
    public bool AreBeingReplayed => _connection.Scalar("SELECT EXISTS(SELECT 1 FROM replays WHERE ended_at IS NULL)") != 0;

    /// <summary>The next refused lines that are to go, behind those before; none when the next one stays.</summary>
    /// <param name="after">The last one of the call before; 0 at first. What is held is passed over.</param>
    /// <param name="before">Older ones go, Unix time in milliseconds.</param>
    /// <param name="surplus">As many go whatever their age.</param>
    /// <param name="most">From 1.</param>
    public IReadOnlyList<long> Refused(ref long after, long before, long surplus, int most)
    {
        var (hosts, reasons) = Held();
        var old = new List<long>();
        _refused.Bind(1, after);
        while (old.Count < most && _refused.Step())
        {
            var packed = PackedRefusal.Read(_refused.Bytes(1));
            var sequence = _refused.Int64(0);
            if (Math.Max(packed.RefusedAt, CameAfter(sequence)) >= before && old.Count >= surplus)
                break;
            after = sequence;
            if (!IsHeld(packed.Reason.Code, HostKey.Of(_refused.Bytes(2)), hosts, reasons))
                old.Add(after);
        }

        _refused.Reset();
        return old;
    }

    /// <summary>The same of admitted URLs that were given up.</summary>
    /// <inheritdoc cref="Refused"/>
    public IReadOnlyList<long> Died(ref long after, long before, long surplus, int most)
    {
        var (hosts, reasons) = Held();
        var old = new List<long>();
        _dead.Bind(1, after);
        while (old.Count < most && _dead.Step())
        {
            if (_dead.Int64(1) >= before && old.Count >= surplus)
                break;
            after = _dead.Int64(4);
            var code = Reason.TryParse(_dead.Text(2), out var reason) ? reason.Code : (ushort)0;
            if (!IsHeld(code, HostKey.Of(Encoding.UTF8.GetBytes(_dead.Text(3))), hosts, reasons))
                old.Add(_dead.Int64(0));
        }

        _dead.Reset();
        return old;
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>When the opening of the ledger began that has received a row.</summary>
    private long CameAfter(long sequence)
    {
        int first = 0, end = _runs.Count;
        while (first < end)
        {
            var middle = (first + end) / 2;
            if (_runs[middle].FirstSequence <= sequence)
                first = middle + 1;
            else
                end = middle;
        }

        return first == 0 ? 0 : _runs[first - 1].BegunAt;
    }

    private (HashSet<string> Hosts, HashSet<ushort> Reasons) Held()
    {
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        var reasons = new HashSet<ushort>();
        while (_holds.Step())
        {
            if (_holds.Text(0) == "host")
                hosts.Add(_holds.Text(1));
            else if (Reason.TryParse(_holds.Text(1), out var reason))
                reasons.Add(reason.Code);
        }

        _holds.Reset();
        return (hosts, reasons);
    }

    private static bool IsHeld(ushort reason, string hostKey, HashSet<string> hosts, HashSet<ushort> reasons) =>
        reasons.Contains(reason) || (hosts.Count > 0 && (hosts.Contains(hostKey) || hosts.Contains(hostKey[..Math.Max(0, hostKey.LastIndexOf(':'))])));
}
