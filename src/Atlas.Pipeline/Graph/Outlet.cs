using System.Threading.Tasks.Dataflow;

namespace Atlas.Pipeline.Graph;

/// <summary>One output of a source or stage: everybody who takes it gets every batch.</summary>
/// <remarks>Waits until all have taken it. BroadcastBlock would not: it overwrites what a slow bounded target has not taken yet (dotnet/runtime issue 1177).</remarks>
internal sealed class Outlet
{
    private readonly List<(ITargetBlock<UrlBatch> Target, bool CountsInBooks)> _takers = [];

    /// <summary>Adds a taker. The one whose copies count in the books must be the only one of that kind: a line is counted once.</summary>
    public void Add(ITargetBlock<UrlBatch> target, bool countsInBooks) => _takers.Add((target, countsInBooks));

    public int Takers => _takers.Count;

    /// <summary>The only taker, if there is just one.</summary>
    public ITargetBlock<UrlBatch>? Only => _takers.Count == 1 ? _takers[0].Target : null;

    /// <summary>Hands a batch to every taker; waits while one is full. False if one has ended already: then the run is failing.</summary>
    public async ValueTask<bool> SendAsync(UrlBatch batch)
    {
        if (_takers.Count == 1)
            return await _takers[0].Target.SendAsync(batch);

        // All copies are made before the first is sent: whoever takes a batch may change it at once.
        var copies = new UrlBatch[_takers.Count];
        copies[0] = batch;
        for (var i = 1; i < copies.Length; i++)
            copies[i] = batch.Fork();
        if (batch.CountsInBooks)
            TellSideCopies(copies, batch.SideCopies ?? new InFlight());

        // Side copies go first. The one that counts may find the way to the ledger full of batches that wait there for their side copies, and these never wait for the ledger.
        var allTaken = true;
        for (var i = 0; i < copies.Length; i++)
        {
            if (!_takers[i].CountsInBooks)
                allTaken &= await _takers[i].Target.SendAsync(copies[i]);
        }

        for (var i = 0; i < copies.Length; i++)
        {
            if (_takers[i].CountsInBooks)
                allTaken &= await _takers[i].Target.SendAsync(copies[i]);
        }

        return allTaken;
    }

    private void TellSideCopies(UrlBatch[] copies, InFlight sideCopies)
    {
        for (var i = 0; i < copies.Length; i++)
        {
            if (_takers[i].CountsInBooks)
            {
                copies[i].SideCopies = sideCopies;
                continue;
            }

            copies[i].CountsInBooks = false;
            copies[i].SideCopies = null;
            copies[i].SideOf = sideCopies;
            sideCopies.Enter();
        }
    }
}
