using System.Collections.Immutable;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Graph;

/// <summary>The books of lines whose way ends without a ledger: written out, they are admitted and done at once.</summary>
/// <remarks>Any thread may count a batch; a reader sees whole batches.</remarks>
internal sealed class FlowBooks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Reason, long> _rejected = [];
    private readonly DuplicateTally _tally = new();
    private long _received;
    private long _duplicates;
    private long _written;

    /// <summary>Counts a batch that has reached its end, unless it is a copy that another branch counts.</summary>
    public void Count(UrlBatch batch)
    {
        if (!batch.CountsInBooks)
            return;

        lock (_gate)
        {
            _received += batch.Count;
            var before = _duplicates;
            foreach (ref readonly var row in batch.ActiveRows)
            {
                switch (row.Fate)
                {
                    case Fate.Forward: _written++; break;
                    case Fate.Drop: _duplicates++; break;
                    default: _rejected[row.Reason] = _rejected.GetValueOrDefault(row.Reason) + 1; break;
                }
            }

            _tally.Count(_tally.Of(batch.Source), batch, (int)(_duplicates - before));
        }
    }

    /// <summary>The hosts with the most duplicates among these lines.</summary>
    public WorstHosts WorstHosts(int most) => _tally.WorstHosts(most);

    /// <summary>The ledger's books and these as one.</summary>
    /// <param name="ledger">The ledger's books; empty ones for a pipeline without a ledger.</param>
    public Books AddedTo(Books ledger)
    {
        lock (_gate)
        {
            var rejected = ledger.Rejected.ToBuilder();
            foreach (var (reason, count) in _rejected)
                rejected[reason.Name] = rejected.GetValueOrDefault(reason.Name) + count;
            return ledger with
            {
                Received = ledger.Received + _received,
                Duplicates = ledger.Duplicates + _duplicates,
                DuplicatesBySource = SourceDuplicates.Sum(ledger.DuplicatesBySource, _tally.BySource()),
                Rejected = rejected.ToImmutable(),
                Admitted = ledger.Admitted + _written,
                Done = ledger.Done + _written,
            };
        }
    }
}
