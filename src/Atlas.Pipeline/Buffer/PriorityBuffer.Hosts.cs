using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>What the buffer learns about hosts, and what of it is to survive a restart.</summary>
internal sealed partial class PriorityBuffer
{
    /// <summary>Ticks: after a restart, a host with a longer delay than this would notice that the last request is forgotten.</summary>
    private const long LongDelay = 5 * TimeSpan.TicksPerSecond;

    private readonly Dictionary<string, HostRecord> _changes = new(StringComparer.Ordinal);

    /// <summary>Nothing is asked of this host before that moment. A shorter wait does not end a longer one.</summary>
    public void HostWaits(string hostKey, DateTimeOffset until)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            if (until.UtcTicks <= now)
                return;
            var host = HostOf_Locked(hostKey, now);
            HostGate.Waits(host.State, until.UtcTicks, now);
            Note_Locked(host.State);
            File_Locked(host, now);
        }
    }

    /// <summary>Takes in what earlier runs have learned.</summary>
    public void RestoreHosts(IEnumerable<HostRecord> records)
    {
        lock (_gate)
        {
            var now = Advance_Locked();
            foreach (var record in records)
                hosts.Hosts.Restore(record, now);
        }
    }

    /// <summary>Of the hosts of which something has changed since the last call, what the next start has to know.</summary>
    public IReadOnlyList<HostRecord> TakeHostChanges()
    {
        lock (_gate)
        {
            HostRecord[] changes = [.. _changes.Values];
            _changes.Clear();
            return changes;
        }
    }

    /// <summary>Lets go for good of due items whose host has been down for too long, and names them.</summary>
    /// <param name="most">Items, from 1.</param>
    public List<TakenRow> TakeGivenUp(int most)
    {
        var rows = new List<TakenRow>();
        lock (_gate)
        {
            var now = Advance_Locked();
            while (rows.Count < most && _givenUp.Count > 0)
            {
                var host = _givenUp.First;
                LetGo_Locked(host, keepsFirst: false);
                while (rows.Count < most && hosts.GivesUp(host.State, now) && host.Rows.TryDequeue(out var priority, out var rank))
                {
                    rows.Add(new TakenRow(rank.Sequence, priority));
                    _remembered--;
                }

                File_Locked(host, now);
            }
        }

        return rows;
    }

    private void Note_Locked(HostState host) => _changes[host.Key] = HostRecords.Of(host);
}
